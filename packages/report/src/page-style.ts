/** The style sheet of the report. Colours are variables: charts name them, light and dark set them. */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --page: #f6f6f3; --card: #ffffff; --ink: #1c1f26; --muted: #666c78; --line: #e4e5e1;
  --team: #2f55c8; --second: #c8641b; --third: #168577; --optimum: #6d8c1f; --rest: #aab1bd;
  --block: #b8402f; --quarantine: #e79a53; --alert: #5d9cc4; --allow: #cbdfeb;
  --right: #168577; --wrong: #c8412f; --novel: #8a4fb3;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #13151a; --card: #1b1e25; --ink: #eceef2; --muted: #9aa1ae; --line: #2d323c;
    --team: #86a5ff; --second: #f0a15e; --third: #4cc4b2; --optimum: #b3cf5c; --rest: #6b7383;
    --block: #d4604c; --quarantine: #e8a765; --alert: #5f9fc9; --allow: #33475a;
    --right: #3fb5a4; --wrong: #e5705d; --novel: #c597e6;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  -webkit-text-size-adjust: 100%;
}
main { max-width: 1220px; margin: 0 auto; padding: 40px 24px 32px; }
h1, h2, h3, p, dl, dd, ul { margin: 0; padding: 0; }
ul { list-style: none; }
small { font-size: 12px; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

.headline { margin-bottom: 44px; }
.eyebrow { color: var(--muted); font-size: 14px; overflow-wrap: anywhere; }
.eyebrow b { color: var(--ink); letter-spacing: .01em; margin-right: 10px; }
.eyebrow span { color: var(--rest); margin: 0 2px; }
h1 {
  font-size: clamp(24px, 3vw, 35px); line-height: 1.18; font-weight: 640; letter-spacing: -.017em;
  margin: 14px 0 12px; max-width: 30em; text-wrap: balance; overflow-wrap: anywhere;
}
.verdict { font-size: 20px; line-height: 1.4; max-width: 46em; margin: 12px 0; text-wrap: pretty; }
.lead { color: var(--muted); max-width: 52em; text-wrap: pretty; }
.notes { margin-top: 16px; max-width: 52em; }
.notes li { padding: 2px 0 2px 14px; border-left: 3px solid var(--quarantine); overflow-wrap: anywhere; }
.notes li + li { margin-top: 8px; }
.tiles {
  display: grid; grid-template-columns: repeat(3, 1fr); gap: 1px; margin-top: 30px;
  background: var(--line); border: 1px solid var(--line); border-radius: 10px; overflow: hidden;
}
.tiles > div { background: var(--card); padding: 18px 20px 16px; }
.tiles dt { color: var(--muted); font-size: 13px; }
.tiles .value {
  font-size: 32px; line-height: 1.25; font-weight: 600; letter-spacing: -.02em;
  font-variant-numeric: tabular-nums; white-space: nowrap;
}
.tiles > div:first-child .value { color: var(--team); }
.tiles .context { color: var(--muted); font-size: 12.5px; line-height: 1.4; overflow-wrap: anywhere; }

section { margin-bottom: 44px; }
h2 { font-size: 20px; font-weight: 620; letter-spacing: -.01em; margin-bottom: 14px; }
h2 + .lead { margin: -8px 0 14px; }
.grid { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 16px; }
.card {
  background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 16px 18px 14px;
  display: flex; flex-direction: column; min-width: 0;
}
.card.wide { grid-column: span 2; }
.card.full { grid-column: 1 / -1; }
/* A long list of classes must not stretch the card beside it. */
.card:has(+ .wide) { align-self: start; }
.card:has(+ .wide .classes:not(.many)) { align-self: stretch; }
.card header { display: flex; justify-content: space-between; align-items: baseline; gap: 12px; }
h3 { font-size: 15px; font-weight: 600; }
.figure { font-weight: 600; font-variant-numeric: tabular-nums; color: var(--team); }
.explanation { color: var(--muted); font-size: 12.5px; line-height: 1.4; margin: 2px 0 10px; text-wrap: pretty; }
.chart { display: block; width: 100%; height: auto; overflow: visible; }
.nothing { color: var(--muted); margin: auto; padding: 32px 0; font-size: 13px; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 14px; margin-top: 6px; font-size: 12px; color: var(--muted); }
.legend li { display: flex; align-items: center; gap: 6px; }
.legend i { width: 16px; height: 0; border-top: 2.5px solid currentColor; }
.legend i.dashed { border-top: 2px dashed currentColor; }
.legend i.area { width: 11px; height: 11px; border: 0; border-radius: 3px; background: currentColor; }

details { margin-top: 10px; font-size: 12.5px; }
.card > details { margin-top: auto; }
.card > details > summary { margin-top: 10px; }
summary { cursor: pointer; color: var(--muted); width: fit-content; }
summary:hover { color: var(--ink); }
:focus-visible { outline: 2px solid var(--team); outline-offset: 2px; border-radius: 3px; }
.scroll { overflow: auto; margin-top: 8px; }
details .scroll { max-height: 320px; }
.figures { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
.figures caption { text-align: left; color: var(--muted); padding-bottom: 4px; }
.figures th, .figures td { padding: 2px 0 2px 12px; text-align: right; white-space: nowrap; font-weight: 400; }
.figures th:first-child { padding-left: 0; text-align: left; max-width: 16em; overflow: hidden; text-overflow: ellipsis; }
.figures thead th { color: var(--muted); }
.figures tbody tr { border-top: 1px solid var(--line); }

.specifications dt { font-weight: 600; margin-top: 10px; }
.specifications dd { margin: 2px 0 0; }
.specifications code { overflow-wrap: anywhere; }
.specifications .met { color: var(--right); }
.specifications .missed { color: var(--wrong); }
.confusion { border-collapse: separate; border-spacing: 4px; width: 100%; table-layout: fixed; }
.confusion th { font-weight: 500; font-size: 13px; }
.confusion th small { display: block; color: var(--muted); font-weight: 400; }
.confusion tbody th { text-align: left; }
.confusion thead td, .confusion tbody th { width: 76px; }
.confusion tbody td {
  padding: 14px 6px; text-align: center; border-radius: 6px; font-variant-numeric: tabular-nums;
  background: color-mix(in srgb, var(--tone) var(--tint), var(--card)); border: 1px solid var(--line);
}
.confusion .right { --tone: color-mix(in srgb, var(--right) 55%, var(--card)); }
.confusion .wrong { --tone: color-mix(in srgb, var(--wrong) 75%, var(--card)); }
.confusion b { display: block; font-size: 21px; line-height: 1.2; font-weight: 600; letter-spacing: -.01em; }
.confusion td span { display: block; font-size: 13px; }

.classes { display: grid; grid-auto-flow: column; grid-auto-columns: minmax(0, 1fr); gap: 28px; }
.classes.many { font-size: 13px; }
.classes.many col.name { width: 46%; }
.classes.many col.rows { width: 52px; }
.classes table { border-collapse: collapse; width: 100%; table-layout: fixed; align-self: start; }
.classes col.name { width: 36%; }
.classes col.rows { width: 68px; }
.classes tbody th { text-align: left; font-weight: 400; padding: 4px 12px 4px 0; white-space: nowrap; }
.classes th > span:first-child {
  display: inline-block; max-width: 100%; overflow: hidden; text-overflow: ellipsis; vertical-align: bottom;
}
.classes th > span:first-child:not(:last-child) { max-width: calc(100% - 56px); }
.classes tbody td { padding: 4px 0; font-variant-numeric: tabular-nums; }
.classes td:nth-child(2) { white-space: nowrap; }
.classes td:nth-child(2) b { display: inline-block; width: 68px; text-align: right; font-weight: 500; font-size: 13px; }
.classes td:last-child { text-align: right; color: var(--muted); font-size: 13px; }
.classes .none { color: var(--muted); font-size: 13px; }
.bar {
  display: inline-block; vertical-align: middle; width: calc(100% - 68px); height: 10px; border-radius: 3px;
  background: var(--line); overflow: hidden;
}
.bar i { display: block; height: 100%; background: var(--team); }
.bar.unseen i { background: var(--novel); }
.novel {
  color: var(--novel); border: 1px solid currentColor; border-radius: 9px; padding: 0 6px; font-size: 11px; line-height: 1.4;
}

.config { font-size: 15px; }
.config pre {
  background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 16px 18px; overflow: auto;
  font: 12.5px/1.55 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; max-height: 70vh;
}
footer { color: var(--muted); font-size: 12.5px; max-width: 60em; }

@media (max-width: 1040px) {
  .grid { grid-template-columns: repeat(2, minmax(0, 1fr)); }
}
@media (max-width: 680px) {
  main { padding: 24px 14px; }
  .grid { grid-template-columns: minmax(0, 1fr); }
  .card.wide { grid-column: auto; }
  .classes { grid-auto-flow: row; gap: 0; font-size: 14px; }
  .classes col.name, .classes.many col.name { width: 44%; }
  .classes col.rows { width: 52px; }
  .tiles { grid-template-columns: repeat(2, 1fr); }
  .tiles > div { padding: 14px; }
  .tiles .value { font-size: 26px; }
}
@page { margin: 14mm; }
@media print {
  :root {
    --page: #ffffff; --card: #ffffff; --ink: #000000; --muted: #555b66; --line: #dcdcd8;
    --team: #2f55c8; --second: #c8641b; --third: #168577; --optimum: #6d8c1f; --rest: #aab1bd;
    --block: #b8402f; --quarantine: #e79a53; --alert: #5d9cc4; --allow: #cbdfeb;
    --right: #168577; --wrong: #c8412f; --novel: #8a4fb3;
  }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { font-size: 12px; }
  main { padding: 0; max-width: none; }
  .grid { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 10px; }
  .card, .tiles > div { break-inside: avoid; }
  h2 { break-after: avoid; }
  .card > details { display: none; }
}
`
