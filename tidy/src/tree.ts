import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** The repository's files: path from its root, with forward slashes -> text. Pictures have no text. */
export type Tree = ReadonlyMap<string, string>

export const repositoryRoot = resolve(import.meta.dirname, '../..')

const textEndings = /\.(ts|mjs|md|json)$/

/** Reads every file that Git tracks or would track. */
export function readTree(root: string): Tree {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    cwd: root,
    encoding: 'utf8',
  })
  const tree = new Map<string, string>()
  for (const path of listed.split('\0')) {
    if (path === '' || !existsSync(join(root, path))) continue
    tree.set(path, textEndings.test(path) ? readFileSync(join(root, path), 'utf8') : '')
  }
  return tree
}
