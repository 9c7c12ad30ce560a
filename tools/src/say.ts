import { borderlessTable } from '@vigil/command-line'
import type { TitledTable } from '@vigil/experiments'
import { asciiNumber, outputStyle } from '@vigil/learner'

/** Prints a table, and an empty line. */
export function sayTable({ columns, rows }: Omit<TitledTable, 'title'>): void {
  const { colors } = outputStyle(process.stdout.isTTY === true, process.env)
  const table = borderlessTable({ text: 1, numbers: columns.length - 1 })
  table.push(
    columns.map((heading) => colors.dim(heading)),
    ...rows.map((row) => row.map(asciiNumber)),
  )
  process.stdout.write(`${table.toString().replace(/ +$/gm, '')}\n\n`)
}
