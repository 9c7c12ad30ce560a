import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { packageOf } from '../places.ts'
import type { Tree } from '../tree.ts'

/** Code -> kind and meaning, as in packages/errors. */
type ErrorTable = Readonly<Record<string, readonly [kind: string, meaning: string]>>

const HEAD = `# Error codes

Every error of Vigil has a stable code, and a message that says what is wrong, what is required, what was received and what to do. A
command shows \`error CODE: message\` and ends with the exit code of the error's kind:

| kind | exit code | meaning |
|---|---|---|
| usage | 2 | a mistake in a flag, a setting or a formula |
| data | 3 | a file or a message does not hold what it must |
| failure | 1 | everything else that can be foreseen |

Errors of the operating system keep its code, such as \`ENOSPC\`, and end a command with 1. Anything without a code is a defect of Vigil:
its stack is shown, please report it. \`stl:check\` says in its help how it ends.

Made from the tables in each package's \`errors.ts\` by \`npx vitest run error-codes -u\` in tidy.
`

/** The page of all codes: one section per package. Loads each package's \`errors.ts\`. */
export async function errorPage(tree: Tree, root: string): Promise<string> {
  const paths = [...tree.keys()].filter((path) => /(^|\/)src\/(.*\/)?errors\.ts$/.test(path)).toSorted()
  const sections = new Map<string, string[]>()
  for (const path of paths) {
    const name = packageOf(path)
    const exported: Record<string, unknown> = await import(pathToFileURL(join(root, path)).href)
    // In the order of the file: a module's namespace is sorted by name.
    const place = (key: string) => tree.get(path)!.indexOf(`const ${key} `)
    const tables = Object.entries(exported)
      .filter(([key]) => key.endsWith('_ERRORS'))
      .sort(([a], [b]) => place(a) - place(b))
    if (name === null || tables.length === 0) continue
    const rows = tables.flatMap(([, table]) => rowsOf(table as ErrorTable))
    sections.set(name, [...(sections.get(name) ?? []), ...rows])
  }
  return HEAD + [...sections].map(([name, rows]) => `\n## ${name}\n\n${table(rows)}`).join('')
}

function rowsOf(table: ErrorTable): string[] {
  return Object.entries(table).map(
    ([code, [kind, meaning]]) => `| \`${code}\` | ${kind} | ${meaning.replaceAll('|', '\\|')} |`,
  )
}

function table(rows: readonly string[]): string {
  return `| code | kind | meaning |\n|---|---|---|\n${rows.join('\n')}\n`
}
