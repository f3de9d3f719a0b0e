/// How the page looks: on paper and a phone, by day and by night. What a colour tells, a pattern, a sign or a word tells too.
enum Style {
  static let sheet: StaticString = """

    :root { color-scheme: light dark; --bg: #f7f5f0; --card: #fffefb; --ink: #1c2126; --soft: #565f69; --line: #dfdbd1;
      --we: #164f86; --they: #b4500b; --tint: #e9eef3 }
    @media screen and (prefers-color-scheme: dark) {
      :root { --bg: #13161a; --card: #1b2026; --ink: #eceae4; --soft: #a9b1bb; --line: #343b44; --we: #7db9ee;
        --they: #f2a65a; --tint: #26303a }
    }
    * { box-sizing: border-box }
    html { -webkit-text-size-adjust: 100% }
    body { margin: 0; background: var(--bg); color: var(--ink); line-height: 1.5;
      font-family: "Avenir Next", Avenir, "Segoe UI", "Helvetica Neue", Helvetica, "Liberation Sans", Arial, sans-serif }
    header, main, footer { max-width: 76rem; margin: 0 auto; padding: 0 1.25rem }
    header { padding-top: 3rem; padding-bottom: 1.5rem }
    h1 { margin: 0.2rem 0 0.6rem; font-size: clamp(1.8rem, 1.2rem + 2.6vw, 3rem); line-height: 1.1; letter-spacing: -0.02em;
      text-wrap: balance }
    h2 { margin: 0.1rem 0 1rem; font-size: 1.2rem; line-height: 1.3; letter-spacing: -0.005em; text-wrap: pretty;
      overflow-wrap: anywhere }
    .lead { max-width: 44rem; margin: 0 0 1.2rem; color: var(--soft); overflow-wrap: anywhere }
    .kicker { margin: 0; color: var(--soft); font-size: 0.8rem; font-weight: 600; letter-spacing: 0.04em;
      overflow-wrap: anywhere }
    nav { display: flex; flex-wrap: wrap; gap: 0.4rem }
    nav a { padding: 0.3rem 0.75rem; border: 1px solid var(--line); border-radius: 2rem; background: var(--card);
      color: var(--ink); font-size: 0.85rem; text-decoration: none }
    nav a.absent { border-style: dashed; color: var(--soft) }
    nav a:hover, nav a:focus-visible { border-color: var(--we); color: var(--we) }
    main { display: flex; flex-direction: column; gap: 1.25rem }
    .columns { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 1.25rem; align-items: start }
    .column { display: flex; flex-direction: column; gap: 1.25rem; min-width: 0 }
    .absentees { display: grid; grid-template-columns: repeat(auto-fill, minmax(16rem, 1fr)); gap: 1.25rem }
    section { min-width: 0; padding: 1.4rem 1.5rem 1.1rem; scroll-margin-top: 1rem; border: 1px solid var(--line);
      border-radius: 0.9rem; background: var(--card) }
    .absentees section { padding: 1rem 1.2rem 0.8rem; border-style: dashed; background: none }
    .absentees h2 { margin-bottom: 0; font-size: 1rem }
    figure { margin: 0 }
    figcaption { margin-top: 0.8rem; color: var(--soft); font-size: 0.84rem; overflow-wrap: anywhere }
    .count { color: var(--ink); font-weight: 600 }
    .chart { display: block; width: 100%; height: auto; max-width: 36rem; margin: 0 auto; overflow: visible }
    .chart + .chart { margin-top: 1.4rem }
    details { margin-top: 0.9rem; padding-top: 0.7rem; border-top: 1px solid var(--line); font-size: 0.84rem }
    summary { color: var(--we); font-weight: 600; cursor: pointer }
    summary:focus-visible, nav a:focus-visible { outline: 2px solid var(--we); outline-offset: 2px }
    dl { margin: 0.7rem 0 }
    dt { margin-top: 0.6rem; font-weight: 600; overflow-wrap: anywhere }
    dd { margin: 0; color: var(--soft); overflow-wrap: anywhere }
    small { color: var(--soft); font-weight: 400 }
    .formula { color: var(--ink) }
    code { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; font-size: 0.92em }
    pre { margin: 0.5rem 0; padding: 0.6rem 0.8rem; border-radius: 0.5rem; background: var(--tint); white-space: pre-wrap;
      overflow-wrap: anywhere }
    table { width: 100%; border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums }
    th, td { padding: 0.5rem 0.7rem 0.5rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top;
      overflow-wrap: break-word }
    tbody th { min-width: 5.5em; overflow-wrap: anywhere }
    thead th { color: var(--soft); font-size: 0.8rem; font-weight: 600 }
    .n { white-space: nowrap }
    th p, td p { margin: 0.15rem 0 0; color: var(--soft); font-size: 0.93em; font-weight: 400; line-height: 1.4 }
    table.claims th, table.claims td { padding: 0.35rem 0.9rem 0.35rem 0; border-bottom: 0 }
    table.claims thead, table.claims tbody { border-bottom: 1px solid var(--line) }
    table.claims td { width: 33% }
    table.claims td.verdict { width: 1%; white-space: nowrap }
    .untested { margin: 0.8rem 0 0; font-size: 0.9rem }
    td ul { display: flex; flex-wrap: wrap; gap: 0.3rem; margin: 0; padding: 0; list-style: none }
    td li { padding: 0.08rem 0.55rem; border-radius: 1rem; background: var(--tint); font-size: 0.95em }
    details.inner { margin-top: 0.6rem; padding-top: 0; border: 0 }
    table.moves { margin-top: 0.5rem; font-size: 0.8rem }
    table.moves th, table.moves td { min-width: 0; padding: 0.3rem 0.2rem; overflow-wrap: normal }
    table.moves td { text-align: center }
    table.moves td.moved { font-weight: 700 }
    table.moves td.same { color: var(--soft) }
    caption { padding-bottom: 0.3rem; color: var(--soft); text-align: left }
    footer { padding-top: 2rem; padding-bottom: 3rem; color: var(--soft); font-size: 0.85rem }
    footer h2 { color: var(--ink) }
    .l { fill: var(--ink); font-size: 13px }
    .s { fill: var(--soft); font-size: 12px }
    .b { font-weight: 600 }
    .c { fill: #000000; font-size: 12.5px }
    .c.on { fill: #ffffff }
    .halo { paint-order: stroke; stroke: var(--card); stroke-width: 4px; stroke-linejoin: round }
    @media screen and (prefers-color-scheme: dark) {
      .c, .c.on { fill: #ffffff }
      .c.on-night { fill: #000000 }
    }
    .grid { stroke: var(--line); stroke-width: 1 }
    .axis { stroke: var(--soft); stroke-width: 1 }
    .mark { stroke: var(--ink); stroke-width: 1.5; stroke-dasharray: 5 3 }
    .unfinished { stroke: var(--ink); stroke-width: 2; stroke-dasharray: 2 2 }
    .whisker { stroke: var(--we); stroke-width: 2.5; stroke-opacity: 0.5; stroke-linecap: round }
    .disc { fill: var(--we); fill-opacity: 0.35; stroke: var(--we) }
    .disc.solid { fill-opacity: 1; stroke: var(--card); stroke-width: 1.5 }
    .frame { fill: none; stroke: var(--line) }
    .cross { fill: var(--tint) }
    .place { fill: var(--card); stroke: var(--soft) }
    .place.cross { fill: var(--tint) }
    .flow { fill: none; stroke: var(--soft) }
    .tip { fill: var(--soft) }
    .flow.to { stroke: var(--we) }
    .tip.to { fill: var(--we) }
    .flow.away { stroke: var(--they); stroke-dasharray: 6 2.5 }
    .tip.away { fill: var(--they) }
    .band { fill: var(--we); fill-opacity: 0.16 }
    .curve { fill: none; stroke: var(--we); stroke-width: 2.5; stroke-linejoin: round }
    .open { fill: none; stroke: var(--soft); stroke-dasharray: 3 2.5 }
    .we, .still { fill: var(--we) }
    .fill.they { fill: url(#p-they); stroke: var(--they); stroke-width: 1 }
    .fill.quiet { fill: url(#p-they); stroke: var(--they); stroke-width: 1 }
    .fill.mutual { fill: url(#p-dots); stroke: var(--soft); stroke-width: 1 }
    .fill.neither { fill: url(#p-lines); stroke: var(--soft); stroke-width: 1 }
    .fill.unsaid { fill: var(--card); stroke: var(--soft); stroke-width: 1; stroke-dasharray: 2 2 }
    .fill.back { fill: url(#p-back); stroke: var(--we); stroke-width: 1 }
    .fill.new { fill: var(--card); stroke: var(--we); stroke-width: 1.6 }
    .range { fill: none; stroke: var(--ink); stroke-width: 1.5; stroke-dasharray: 3 2 }
    .line { fill: none; stroke-width: 2; stroke-linejoin: round }
    .line.p90 { stroke: var(--they); stroke-dasharray: 6 3 }
    .spread { stroke: var(--soft); stroke-width: 1.5; stroke-opacity: 0.6 }
    .symbol.p50 { fill: var(--we) }
    .symbol.p90 { fill: var(--they) }
    .symbol.p99 { fill: var(--soft) }
    .symbol.hollow { fill: var(--card); stroke: var(--ink) }
    .patterns { position: absolute; width: 0; height: 0 }
    .stroke-they { stroke: var(--they); stroke-width: 2.2 }
    .base-they { fill: var(--they); fill-opacity: 0.25 }
    .stroke-we { stroke: var(--we); stroke-width: 2.2 }
    .base-we { fill: var(--we); fill-opacity: 0.18 }
    .ground { fill: var(--card) }
    .ink { fill: var(--soft) }
    .stroke-ink { stroke: var(--soft); stroke-width: 1.4 }
    @media screen and (max-width: 56rem) {
      .columns { display: flex; flex-direction: column }
      .column { display: contents }
      .column > section { order: var(--place) }
    }
    @media screen and (max-width: 36rem) {
      header, main, footer { padding-left: 0.6rem; padding-right: 0.6rem }
      header { padding-top: 1.6rem }
      section { padding: 1.1rem 0.75rem 0.9rem }
      .l { font-size: 16px }
      .s { font-size: 15px }
      .c { font-size: 14.5px }
      table.moves { font-size: 0.7rem }
      table.stack thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
      table.stack, table.stack tbody, table.stack tr, table.stack th, table.stack td { display: block; width: auto }
      table.stack th, table.stack td { padding: 0.1rem 0; border: 0 }
      table.list tr { padding: 0.5rem 0; border-bottom: 1px solid var(--line) }
      table.list td.n { display: inline-block; padding-right: 1rem }
      table.stack td[data-name]::before { content: attr(data-name) "\u{a0}"; color: var(--soft); font-size: 0.85em }
      table.claims tbody { padding: 0.5rem 0 }
      table.claims tr { padding: 0.15rem 0; border: 0 }
      table.claims td.verdict { margin-top: 0.2rem; width: auto; font-weight: 600 }
      table.claims .n { white-space: normal }
    }
    @media print {
      :root { --bg: #ffffff; --card: #ffffff; --ink: #000000; --soft: #444444; --line: #bbbbbb; --we: #164f86;
        --they: #b4500b; --tint: #eeeeee }
      @page { margin: 12mm }
      body { font-size: 9.5pt; line-height: 1.35; -webkit-print-color-adjust: exact; print-color-adjust: exact }
      nav, details, .screen { display: none }
      header, main, footer { max-width: none; padding: 0 }
      header { padding-bottom: 4mm }
      h1 { font-size: 22pt }
      h2 { margin-bottom: 0.6rem; font-size: 11pt }
      .kicker, h2 { break-after: avoid }
      main { display: block }
      .columns { display: block; columns: 2; column-gap: 7mm }
      .column { display: contents }
      section { margin: 0 0 4mm; padding: 2mm 0 0; border: 0; border-top: 1pt solid var(--ink); border-radius: 0;
        break-inside: avoid }
      section.wide { break-inside: auto }
      .absentees { grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 3mm; margin-bottom: 4mm; break-inside: avoid }
      .absentees section { margin: 0; padding: 2mm 0; border-top: 0.5pt dashed var(--soft) }
      table, .untested { font-size: 8.5pt }
      th, td { padding-top: 0.28rem; padding-bottom: 0.28rem }
      tr, table.claims tbody { break-inside: avoid }
      figcaption { font-size: 8.5pt; break-before: avoid }
      .l { font-size: 15.5px }
      .s { font-size: 14.5px }
      .c { font-size: 14px }
      footer { padding-top: 2mm; font-size: 8.5pt; break-inside: avoid }
      footer dl { display: grid; grid-template-columns: auto 1fr; gap: 0 4mm }
      footer dt { margin: 0 }
    }

    """

  /// What bars are filled with, so that they can be told apart without colour.
  static let patterns: StaticString = """
    <svg class="patterns" aria-hidden="true"><defs>\
    <pattern id="p-they" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">\
    <rect width="6" height="6" class="ground"/><rect width="6" height="6" class="base-they"/>\
    <line x1="0" y1="0" x2="0" y2="6" class="stroke-they"/></pattern>\
    <pattern id="p-back" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)">\
    <rect width="6" height="6" class="ground"/><rect width="6" height="6" class="base-we"/>\
    <line x1="0" y1="0" x2="0" y2="6" class="stroke-we"/></pattern>\
    <pattern id="p-dots" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6" class="ground"/>\
    <circle cx="3" cy="3" r="1.5" class="ink"/></pattern>\
    <pattern id="p-lines" width="5" height="5" patternUnits="userSpaceOnUse"><rect width="5" height="5" class="ground"/>\
    <line x1="0" y1="2.5" x2="5" y2="2.5" class="stroke-ink"/></pattern>\
    </defs></svg>

    """
}
