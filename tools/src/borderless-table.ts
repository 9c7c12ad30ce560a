import Table from 'cli-table3'

/** Where the text goes. */
export type TableStyle = {
  readonly isTTY: boolean
  /** process.env is such an object. */
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** A table without lines, for a terminal. Its own colours would follow FORCE_COLOR, which nx sets, so it gets none. */
export function borderlessTable(colAligns: Table.HorizontalAlignment[]): Table.Table {
  const sides = ['top', 'bottom', 'left', 'right'].flatMap((side) => [
    side,
    `${side}-mid`,
    `${side}-left`,
    `${side}-right`,
  ])
  const none = Object.fromEntries([...sides, 'mid', 'mid-mid', 'middle'].map((part) => [part, '']))
  return new Table({
    chars: none,
    colAligns,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
  })
}
