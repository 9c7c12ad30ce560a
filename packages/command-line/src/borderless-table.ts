import Table from 'cli-table3'

/** Where the text of a table goes. */
export type TableStyle = {
  readonly isTTY: boolean
  /** process.env is such an object. */
  readonly environment: Readonly<Record<string, string | undefined>>
}

/**
 * An empty table without lines, for a terminal: columns of text first, then columns of numbers, which stand on the right.
 * Its own colours would follow FORCE_COLOR, which nx sets for pipes too, so it gets none.
 */
export function borderlessTable(columns: { readonly text: number; readonly numbers: number }): Table.Table {
  const sides = ['top', 'bottom', 'left', 'right'].flatMap((side) => [
    side,
    `${side}-mid`,
    `${side}-left`,
    `${side}-right`,
  ])
  const none = Object.fromEntries([...sides, 'mid', 'mid-mid', 'middle'].map((part) => [part, '']))
  const aligned = (count: number, side: Table.HorizontalAlignment) => Array<Table.HorizontalAlignment>(count).fill(side)
  return new Table({
    chars: none,
    colAligns: [...aligned(columns.text, 'left'), ...aligned(columns.numbers, 'right')],
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
  })
}
