/** The style sheet of an HTML report: light and dark, phones and paper. */
export const REPORT_STYLE = `
:root { color-scheme: light dark; --ink: #1c2128; --soft: #57606a; --line: #d0d7de; --paper: #ffffff; --card: #f6f8fa;
  --s0: #3066be; --s1: #d1603d; --s2: #2f8f6b; --s3: #9a5fb4; --s4: #b8860b; --s5: #4b9cb8; --s6: #b84a72; --s7: #7d858f; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9da7b1; --line: #30363d; --paper: #0d1117; --card: #161b22;
  --s0: #6f9ff0; --s1: #f08f6c; --s2: #58c29b; --s3: #c99be0; --s4: #e0b44c; --s5: #7cc9e2; --s6: #e68aac; --s7: #a3acb6; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 60rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; font-variant-numeric: tabular-nums; }
h1 { margin: 0; font-size: 1.6rem; } h2 { margin: 2.2rem 0 .6rem; font-size: 1.2rem; }
p { margin: .3rem 0 1rem; color: var(--soft); }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .6rem; margin: 1rem 0; }
dl div { padding: .6rem .8rem; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; }
dt { color: var(--soft); font-size: .8rem; } dd { margin: 0; font-weight: 600; overflow-wrap: anywhere; }
figure { margin: 0 0 1rem; } figcaption { color: var(--soft); font-size: .8rem; }
.chart { display: block; width: 100%; height: auto; } .axis { fill: var(--soft); font-size: 11px; } .grid { stroke: var(--line); }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1rem; margin: .4rem 0 0; padding: 0; list-style: none; font-size: .85rem; }
.key { width: .7rem; height: .7rem; margin-right: .4rem; } .share { display: block; width: 6rem; height: .5rem; }
.track { fill: var(--line); }
.s0 { fill: var(--s0); } .s1 { fill: var(--s1); } .s2 { fill: var(--s2); } .s3 { fill: var(--s3); }
.s4 { fill: var(--s4); } .s5 { fill: var(--s5); } .s6 { fill: var(--s6); } .s7 { fill: var(--s7); }
.scroll { overflow-x: auto; } table { width: 100%; border-collapse: collapse; font-size: .9rem; }
caption { text-align: left; color: var(--soft); font-size: .8rem; }
th, td { padding: .35rem .5rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; white-space: normal; overflow-wrap: anywhere; min-width: 8rem; }
thead th { color: var(--soft); font-weight: 600; } tfoot td, tfoot th { font-weight: 600; border-bottom: 0; }
summary { cursor: pointer; color: var(--soft); }
@media (max-width: 36rem) { body { padding: 1rem .75rem 2rem; } .axis { font-size: 15px; } table { font-size: .8rem; } }
@media print { :root { color-scheme: light; --ink: #000; --soft: #333; --line: #bbb; --paper: #fff; --card: #fff; }
  body { max-width: none; padding: 0; font-size: 11pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  h2 { break-after: avoid; } figure, dl div, tr { break-inside: avoid; } .scroll { overflow: visible; } }
`;
