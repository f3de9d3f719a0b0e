/// Every claim and prescription of the five articles, row by row, in a few words: what Claims.md lists.
enum ClaimRows {
  /// The row's id, which names the article (S0 … S4), and what it says.
  static let all: [(id: String, words: String)] = text.split(separator: "\n").map { line in
    let parts = line.split(separator: "|", maxSplits: 1)
    return (String(parts[0].dropLast()), String(parts[1].dropFirst()))
  }

  private static let text = """
    S0.1 | customers should stay, and go on using us: two things
    S0.2 | it is easy to find somebody else and switch
    S0.3 | care from the first moment on, in every experience: ordering, asking, complaining
    S0.4 | words like managing shape attitudes
    S0.5 | each customer has circumstances, wants and needs of their own, and they change
    S0.6 | wants and needs are understood and valued, as people's are
    S0.7 | what gets managed is mail, bills and schedules
    S0.8 | customers are trained to use our systems, for our convenience
    S0.9 | ask what we can do for them, not what they can do for us
    S0.10 | every experience develops the relationship
    S0.11 | keep customers over the long term
    S0.12 | a lifecycle has its ending built in
    S0.13 | look for ways to care without being asked
    S0.14 | care deepens relationships between people
    S0.15 | keep the relationship alive
    S0.16 | care is what sets one apart
    S0.17 | where relationships deepen, nobody need worry about leaving
    S1.1 | buyers learn of us in new ways
    S1.2 | the dissatisfied tell 9 to 15 others
    S1.3 | about one in eight of them tells more than 20
    S1.4 | the satisfied tell 4 to 6
    S1.5 | it takes two and a half satisfied customers to make up for a dissatisfied one
    S1.6 | customers become more critical, and say so in public
    S1.7 | service is a line of business with an owner and a result of its own
    S1.8 | from what suits the company to what suits the customer
    S1.9 | businesses deserve the service that consumers get
    S1.10a | a challenge: markets across the world
    S1.10b | a challenge: the economic cycle
    S1.10c | a challenge: new technologies
    S1.10d | a challenge: customers are bought, or close
    S1.10e | a challenge: social media
    S1.11 | compare with the best of any industry, not with the competition
    S1.12 | orders are processed accurately
    S1.13 | returns are handled and credited quickly
    S1.14 | ordering is easy from any device
    S1.15 | who one is has to be said once
    S1.16 | an order is confirmed at once
    S1.17 | word is sent when it ships
    S1.18 | bad news of an order comes from us first
    S1.19 | returning is easy: same packaging, label supplied
    S1.20 | receipt and credit of a return are told in days, if not hours
    S1.21 | any reason to return is good enough
    S1.22 | the same old treatment makes just another account
    S1.23 | expectations rise to the best that was experienced
    S1.24 | customers are at home in many channels
    S1.25 | new levels of service are the norm
    S1.26 | a customer is a gift, in a crisis above all
    S2.1 | love goes to the entire base, colleagues included
    S2.2 | some are never served well, whatever the effort
    S2.3 | some will leave: plan for how many
    S2.4 | customers leave us, and we leave customers
    S2.5 | they leave in spite of what we take for love
    S2.6 | to fight for everyone is the flaw
    S2.7 | some do not suit our skills
    S2.8 | long-term needs are underserved
    S2.9 | leaving shows where an offering is vulnerable
    S2.10 | where others are better, we do not serve best
    S2.11 | some customers bring discomfort and chaos
    S2.12 | how well customers serve customers of their own
    S2.13 | those who will not love us we may leave
    S2.14 | love is a gift, given back
    S2.15 | know what sort of customer we serve best
    S2.16 | a base of A-list customers
    S2.17 | collaborative, soft skills
    S2.18 | repeat business is not the best barometer
    S2.19 | better skills bring enduring outcomes
    S2.20 | love is given each day, and returned
    S2.21 | better matches stay longer
    S3.1 | waiting on hold, being thanked for it
    S3.2 | repeating name and number every time
    S3.3 | a person who listens, and respect
    S3.4 | a rosy start, full of promises
    S3.5 | which is over once the deal is done
    S3.6 | more is spent on getting than on keeping
    S3.7 | a better experience goes with higher revenue
    S3.8 | they expect what they had when they decided to go on
    S3.9 | relationships take continued effort
    S3.10 | keeping needs at least the attention that getting has
    S3.11 | companies known for their experience, as a reference
    S3.12 | many companies are vulnerable through poor relationships
    S3.13 | services have become impersonal
    S3.14 | responses are uneven at best
    S3.15 | the experience differs across departments and channels
    S3.16 | frustration and anger build in less time than ever
    S3.17 | tired of being misled
    S3.18 | treated as numbers
    S3.19 | not going to take it: others are a click away
    S3.20 | what counts is how customers believe they are treated
    S3.21 | hold up a mirror, customer by customer
    S3.22 | are promises kept
    S3.23 | does dealing with us make life easier and more enjoyable
    S3.24 | information is hard to get
    S3.25 | the mirror makes for change
    S3.26 | improve before flaws show to the world
    S3.27 | the scorned make new customers harder to get
    S3.28 | loyalty is cheaper than replacing
    S3.29 | what was lost is known once it is gone
    S4.1 | updates while work goes on
    S4.2 | they care when: give an estimate
    S4.3 | how many people and departments it takes
    S4.4 | one message from all departments
    S4.5 | they know whom to turn to at each step
    S4.6 | try your own number, form and tweet
    S4.7 | rewards hang on sales
    S4.8 | measure quality, satisfaction, repeat business and margin, with clawbacks
    S4.9 | then sellers stay engaged, and outcomes are better
    S4.10 | the sale is our climax and their milestone
    S4.11 | serving matters as much as obtaining
    S4.12 | what happens once the project is over
    S4.13 | a formal close, and an introduction to those who care
    S4.14 | be there when they need you, not when there is something to sell
    S4.15 | every interaction says into, or not into
    S4.16 | the shiny new customer, at the expense of the others
    S4.17 | go on investing in those we have
    S4.18 | four failings together: communication, perspective, measurement, milestones
    S4.19 | one bad experience became a public story
    """
}
