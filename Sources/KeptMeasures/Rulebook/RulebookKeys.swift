/// Every key of a rulebook: what it means and what it is counted in. Rulebook.md lists them; a test holds them against the
/// decoder, key by key.
struct RulebookKey: Sendable {
  /// From the top, like `norms.solved_soon_days`; `*` stands for a name that the business gives, `[]` for each of a list.
  let path: String
  /// Whether it may be left out.
  let isOptional: Bool
  let unit: String
  let meaning: String

  static let all: [RulebookKey] = text.split(separator: "\n").map { line in
    let parts = line.split(separator: "|").map { $0.trimming(" ") }
    return RulebookKey(
      path: parts[0].hasSuffix("?") ? String(parts[0].dropLast()) : parts[0], isOptional: parts[0].hasSuffix("?"),
      unit: parts[1], meaning: parts[2])
  }

  private static let text = """
    activities.*.kinds? | kinds | what belongs to the activity; left out: every kind
    activities.*.direction? | directions | only touches that go so; left out: all
    activities.*.implied_openings? | true or false | the first touch of a matter whose opening is missing belongs to it
    directions.* | direction | by kind: in, out, both or absent, where a touch does not say; over the vocabulary's own
    openings.* | kinds | by noun: what opens one; a matter whose opening is missing opens at its first touch
    retention.units | customer, account | whose lives are counted
    retention.activities.*.start | activity | what a life of that column starts with
    retention.activities.*.return | activity | what it returns with
    retention.grains | day, week, month | how long the buckets of cohorts and ages are
    retention.clocks | calendar, rolling | whether ages are counted by the calendar or from each start
    retention.age_max.* | buckets | by grain: the last age that is written; left out: all
    retention.brackets.* | ages | by grain: ranges of ages, first and last, that are counted as one
    retention.means_through.* | buckets | by grain: cohorts complete through this age make the means over fixed cohorts
    retention.revenue | true or false | what members paid is added up age by age
    retention.counts_start_day | true or false | a return on the very day of the start counts; otherwise on later days only
    retention.truncated_days | days | who is first seen so soon after the log began may have begun before it
    retention.log_starts_with_business | true or false | nobody can have begun before the log
    lifecycle.units | customer, account | whose lives are counted
    lifecycle.grains | day, week, month | how long periods are
    lifecycle.activity | activity | what makes somebody active; lapse and status go by it as well
    half_lives.* | days | after which what a touch says counts half
    index.prior | points | added below the line, so that little said moves an index little
    index.silence | points | an index is NULL while less than this was said for and against
    index.into | index points | into from it on, not into from its negative down
    index.good_fit | fit, 0 to 1 | from which on fit.assessed says that we suit each other: the A list, curves and tests by fit
    promises.fulfilments[].promise | word | a promise whose data.promise says so
    promises.fulfilments[].kinds | kinds | is kept by the first of these on the same subject
    promises.withdrawals | kinds | what withdraws the promises on its subject
    ratings.kinds | kinds | touches that carry a rating
    ratings.asked | kinds | touches that ask for one
    ratings.standard | instrument | of a rating that does not say its own
    ratings.instruments.*.scale | scores | the lowest and the highest, of ratings that do not say theirs
    ratings.instruments.*.high_is_good | true or false | whether the highest is the best
    ratings.instruments.*.satisfied | share of the scale | from which on a rating says satisfied
    ratings.instruments.*.dissatisfied | share of the scale | up to which it says dissatisfied
    ratings.instruments.*.word_of_mouth | true or false | whether it counts for word of mouth
    ratings.sources.* | scores | by source: its scale, over the instrument's
    word_of_mouth.break_even | satisfied for each dissatisfied | where what is told for us and against us is in balance
    word_of_mouth.told_good | people | whom somebody satisfied tells: at least and at most
    word_of_mouth.told_bad | people | whom somebody dissatisfied tells
    word_of_mouth.told_many | share | of the dissatisfied, those who tell more than 20 each
    word_of_mouth.mentions | kinds | what is said in public
    word_of_mouth.emotions | kinds | feelings expressed, which stand for a rating in a month without one
    word_of_mouth.satisfied | levels | feelings of somebody satisfied
    word_of_mouth.dissatisfied | levels | feelings of somebody dissatisfied
    relationship.ends[].kind | kind | what ends a relationship
    relationship.ends[].by? | party | who left then; left out: data.ended_by says so
    relationship.starts[].kind | kind | what begins one, or begins it again
    relationship.starts[].change? | words | only with one of these in data.change; left out: always
    relationship.fit_days | days | an assessment of fit so soon after the start counts as made at it
    contracts.terms_end | true or false | a contract that nobody renews ends with its term
    contracts.grace_days | days | how long after the term a renewal still counts as one
    lapse.days | days | the limit of silence of somebody of whom nothing is known
    lapse.weight | gaps | how many gaps between their own contacts weigh as much as that limit
    lapse.quantile | share | which of their own gaps stands for them
    lapse.min_days | days | no limit is shorter
    lapse.max_days | days | no limit is longer
    orders.placed | kinds | what places an order
    orders.cancelled | kinds | what cancels one
    orders.corrected | kinds | what says its right amount
    orders.credited | kinds | what pays back
    value.margin | share | of revenue, what is left; "recorded": what payments and costs of the ledger say
    value.discount_per_year | share | by how much less an order in a year is worth
    value.horizon_days | days | how far ahead orders to come are looked for
    currencies.* | ledger's currency | by currency: what one unit of it is worth
    business_hours.days | weekdays | on which we are there: 1 is Monday, 7 Sunday
    business_hours.from | local time | from when on
    business_hours.to | local time | until when
    norms.answered_soon_hours | business hours | a case is answered soon within
    norms.solved_soon_days | days | and solved soon within
    norms.solved_late_days | days | it is solved late after
    norms.credit_soon_hours | hours | a return is credited soon within
    norms.credit_late_days | days | and late after
    norms.paid_late_days | days | a payment is late so long after its due
    norms.confirm_instantly_seconds | seconds | an order is confirmed at once within
    norms.ship_notice_hours | hours | they are told of its shipping in time within
    norms.waited_soon_seconds | seconds | a person answers a call soon within, waiting and holding together
    norms.close_out_days | days | how far from its closing a project may be closed out and its customer be introduced to care
    norms.hand_offs | hand-offs | from which on each is one too many
    norms.promise_dropped_days | days | a promise unsettled so long after its due is dropped
    norms.left_in_dark_days | days | who has an open matter and hears nothing of ours is in the dark after
    norms.left_in_dark_again_days | days | and is so again every
    norms.unanswered_business_days | business days | a case without a human reply is unanswered after
    norms.shares.update_gap_hours | hours | how long they may hear nothing of what is open
    norms.shares.usual | share | of everything under a norm of time, what must keep to it
    norms.shares.estimates | share | of updates, those that must say when
    norms.shares.repeat_asks | share | of what is asked for, the part that may be known already
    norms.shares.contact_known | share | of the days of a project, those on which they must know whom to ask
    norms.shares.promises_on_time | share | of promises, those to be kept in time
    norms.shares.top_box | share | of ratings, those that must say satisfied
    norms.shares.closed_well | share | of projects, those to be closed out with an introduction to care
    measures.agent_touches_min | touches | one of ours is shown from so many a month on
    measures.untruths | words | in data.contradiction, what is an untruth
    measures.care_reasons | words | reasons to stay that name care
    measures.not_best_reasons | words | reasons to leave that say somebody else is better
    claims.landmark_days | days | what may foretell leaving is measured up to this day of a relationship, leaving from it on
    claims.count_min | customers, months … | with fewer there is no verdict
    claims.events_min | events | with fewer who left there is none either
    claims.level | p-value | up to which, after Holm, something is a finding
    claims.resamples | resamples | of a bootstrap
    claims.units_max | units | that a bootstrap draws from; of more, so many are drawn once and for all
    claims.backtest_months | months | from whose first day a back-test looks ahead
    claims.backtest_days | days | how far it looks
    claims.bins | bins | into which forecasts are sorted to compare them with what came
    traits.window_days | days | the trailing window of what is said of the present
    traits.year_days | days | the trailing window of what is rare
    traits.need_answer_days | days | how soon a need is to be met, or declined with a reason
    traits.circumstance_days | days | from when on what was noted of their circumstances is stale
    traits.exchange_days | days | how far apart a touch of theirs and one of ours may be and still be one exchange
    traits.depth_touches | touches | with one of ours, from which on they know each other
    traits.depth_months | months | over which that is watched to grow
    traits.never_well_served.days | days | known for so long
    traits.never_well_served.ratings | ratings | and rated so often, never satisfied: not well served
    traits.baseline.days | days | how long a customer's own beginning lasts
    traits.baseline.factor | times | how much worse than then a service may become
    traits.sale_days | days | how far around the sale is looked
    traits.honeymoon.before_days | days | before the sale, while they are won
    traits.honeymoon.after_days | days | after it, when the honeymoon is over: from and to
    traits.split_touches | touches | of a department or through a channel, from which on their mean says something
    traits.burden.half_life | half-life | how fast a burden fades
    traits.burden.reporters | people | of ours who must report any before it is called one
    traits.burden.abuse | weight | of abuse
    traits.burden.imposed | weight | of another burden imposed
    traits.burden.missed_meeting | weight | of a meeting they missed
    traits.burden.broken_promise | weight | of a promise they broke
    traits.burden.late_payment | weight | of a payment that came late
    programs.miserable_reply_hours | hours | a first reply later than this is miserable
    programs.told_soon_hours | hours | after its arrival or credit, within which they are told of a return at once
    programs.told_at_last_hours | hours | and at last
    programs.returned_days | days | how long care given may wait for an answer of the heart
    programs.answered_days | days | how long an answer may take that still answers
    programs.kept_days | days | who stays so long is kept
    programs.misfit | fit, 0 to 1 | customers below it do not suit us
    programs.learned_days | days | how soon after a try of our own service a change shows that it was learned from
    programs.changed_days | days | how long before and after a change its signal is looked at
    programs.slope_months | months | that a slope is drawn through
    programs.segment | key of data | under which a start or an assessment says what sort of customer they are
    benchmarks[].metric | measure | what is compared
    benchmarks[].peer? | the measure's unit | what peers of the same industry achieve
    benchmarks[].best? | the measure's unit | the best of any industry
    benchmarks[].holder? | name | whose figure that is
    benchmarks[].source | words | where the figures are from
    accounts.ending_days | days | an ending of all they have with us so near is a built-in one
    accounts.next_steps | kinds | whose due is a next step that is booked
    accounts.admin_share | share | of what goes out: with more administration an account is treated like any other
    accounts.misfit | fit, 0 to 1 | an account below it does not suit us
    accounts.invest_days | days | the span of effort that is compared with the one before it
    accounts.leave_quarters | quarters | so many in a row in which only we give, and we consider leaving
    signals[].rule | name | what the tables call it
    signals[].kinds | kinds | whose touches may say it
    signals[].where? | conditions | on the fields of the touch, its direction, and its state in the life; left out: none
    signals[].absence? | absence | what it hears besides, though no event says it
    signals[].list | list | we_done, we_felt or they: in each the first rule that a touch matches counts
    signals[].points | points | what the touch says, below 0 against; "rating": round(4·s − 2) of its score
    signals[].half_life? | half-life | how fast that fades; left out where there are no points
    signals[].why? | words | the reason, for whoever reads it
    signals[].lived? | words | what the customer would say of such a touch, which `kept mirror` tells
    signals[].seed? | claim | of the articles, which it comes from
    """
}

extension Substring {
  fileprivate func trimming(_ character: Character) -> String {
    String(drop { $0 == character }.reversed().drop { $0 == character }.reversed())
  }
}
