import Table from 'cli-table3'

/** An empty table without lines: text on the left, then columns of numbers, which stand on the right. */
export function borderless(numberColumns: number): Table.Table {
  const sides = ['top', 'bottom', 'left', 'right'].flatMap((side) => [
    side,
    `${side}-mid`,
    `${side}-left`,
    `${side}-right`,
  ])
  const none = Object.fromEntries([...sides, 'mid', 'mid-mid', 'middle'].map((part) => [part, '']))
  return new Table({
    chars: none,
    colAligns: ['left', ...Array<'right'>(numberColumns).fill('right')],
    // The table's own colours follow FORCE_COLOR, so it gets none.
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
  })
}
