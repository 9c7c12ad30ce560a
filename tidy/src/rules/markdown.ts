import { posix } from 'node:path'
import type { Finding } from '../finding.ts'
import type { Tree } from '../tree.ts'

interface Line {
  text: string
  number: number
}

/** Prose lines that are too long to read in a terminal. Tables, code and the targets of links may be longer. */
export function longLines(tree: Tree, lengthLimit: number): Finding[] {
  return documents(tree).flatMap(([path, text]) =>
    proseLines(text)
      .filter((line) => !line.text.trimStart().startsWith('|'))
      .filter((line) => line.text.replace(/\]\([^)]*\)/g, ']').length > lengthLimit)
      .map((line) => ({ where: path, what: `line ${line.number} is longer than ${lengthLimit} characters` })),
  )
}

/** Relative links, pictures and anchors that lead nowhere. */
export function brokenLinks(tree: Tree): Finding[] {
  return documents(tree).flatMap(([path, text]) =>
    proseLines(text).flatMap((line) =>
      linksOf(line.text)
        .filter((link) => !/^(?:[a-z]+:|\/\/)/i.test(link) && !leadsSomewhere(tree, path, link))
        .map((link) => ({ where: `${path}:${line.number}`, what: `the link ${link} leads nowhere` })),
    ),
  )
}

/** Paths in code spans, such as `packages/stl/src/index.ts`, that name no file or folder. Words in capitals stand for any name. */
export function stalePaths(tree: Tree): Finding[] {
  return documents(tree).flatMap(([path, text]) =>
    proseLines(text).flatMap((line) =>
      [...line.text.matchAll(/`((?:packages|tools|docs|tidy|examples)\/[\w./-]+)`/g)]
        .map((match) => match[1] as string)
        .filter((name) => !/\b[A-Z]+\b(?!\.md)/.test(name) && !isThere(tree, name.replace(/\/$/, '')))
        .map((name) => ({ where: `${path}:${line.number}`, what: `there is no ${name}` })),
    ),
  )
}

function documents(tree: Tree): [string, string][] {
  return [...tree].filter(([path]) => path.endsWith('.md'))
}

function proseLines(text: string): Line[] {
  let fence: string | null = null
  return text.split('\n').flatMap((line, index) => {
    const mark = /^\s*(```+|~~~+)/.exec(line)?.[1] ?? null
    if (fence !== null) {
      if (mark?.startsWith(fence)) fence = null
      return []
    }
    fence = mark
    return mark === null ? [{ text: line, number: index + 1 }] : []
  })
}

function linksOf(line: string): string[] {
  const text = line.replace(/`[^`]*`/g, '')
  const inline = [...text.matchAll(/\]\(<?([^)\s>]+)>?[^)]*\)/g)]
  const named = [...text.matchAll(/^\s*\[[^\]]+\]:\s*(\S+)/g)]
  const tags = [...text.matchAll(/(?:src|srcset|href)="([^"\s]+)"/g)]
  return [...inline, ...named, ...tags].map((match) => match[1] as string)
}

function leadsSomewhere(tree: Tree, from: string, link: string): boolean {
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? from : posix.join(posix.dirname(from), decodeURIComponent(path)).replace(/\/$/, '')
  if (target !== '.' && !isThere(tree, target)) return false
  return anchor === undefined || !target.endsWith('.md') || anchorsOf(tree.get(target) ?? '').has(anchor)
}

function isThere(tree: Tree, path: string): boolean {
  return tree.has(path) || [...tree.keys()].some((other) => other.startsWith(`${path}/`))
}

/** The anchors that GitHub gives a document's headings, and those written as tags. */
function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>()
  const uses = new Map<string, number>()
  for (const line of proseLines(text)) {
    const heading = /^#{1,6}\s+(.*?)\s*#*$/.exec(line.text)?.[1]
    if (heading !== undefined) {
      const slug = heading
        .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replace(/\s/g, '-')
      const use = uses.get(slug) ?? 0
      uses.set(slug, use + 1)
      anchors.add(use === 0 ? slug : `${slug}-${use}`)
    }
    for (const tag of line.text.matchAll(/\b(?:id|name)="([^"]+)"/g)) anchors.add(tag[1] as string)
  }
  return anchors
}
