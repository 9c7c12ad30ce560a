/** Style of what only reports on streams have. */
export const responseStyle = `
.timeline { margin-bottom: 16px; }
.timeline .drawing { overflow-x: auto; margin-bottom: 8px; }
.timeline .chart { min-width: 1000px; }
.steps { border: 0; margin: 0; padding: 0 0 48px; display: flex; flex-wrap: wrap; gap: 3px; position: relative; }
.steps legend { color: var(--muted); font-size: 12px; padding: 0 0 4px; }
.steps label { display: block; line-height: 0; }
.steps input {
  appearance: none; width: 12px; height: 18px; margin: 0; border-radius: 3px; cursor: pointer;
  background: var(--allow); border-bottom: 5px solid var(--rest);
}
.steps .threat input { border-bottom-color: var(--wrong); }
.steps .block input { background: var(--block); }
.steps .quarantine input { background: var(--quarantine); }
.steps .alert input { background: var(--alert); }
.steps .gone input { background: var(--line); opacity: .5; }
.steps input:checked { outline: 2px solid var(--ink); outline-offset: 1px; }
.steps .what { display: none; position: absolute; left: 0; bottom: 0; height: 42px; font-size: 13px; line-height: 1.5; }
.steps input:checked + .what { display: block; }
@media (max-width: 680px) {
  .steps { padding-bottom: 100px; }
  .steps .what { height: 94px; }
  .steps input { width: 20px; height: 26px; }
}
@media print { .steps { display: none; } }
`
