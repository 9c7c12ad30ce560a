import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { defineConfig } from 'vitepress'

const DOCS = join(import.meta.dirname, '../../docs')

/** Pages that a reader begins with, in this order; all others follow by their title. */
const FIRST = ['events.md', 'inspect.md', 'training.md', 'respond.md', 'service.md', 'serve.md', 'doctor.md']

/** What is used of a token of markdown-it. */
type Token = { type: string; content: string; attrGet(name: string): string | null }

export default defineConfig({
  title: 'Vigil',
  description: 'Teams of reinforcement-learning agents that triage security events',
  srcDir: 'build/pages',
  outDir: 'build/site',
  cacheDir: 'build/.cache',
  cleanUrls: true,
  markdown: {
    // Angle brackets in a page are text.
    html: false,
    config: (markdown) => {
      markdown.core.ruler.push('links-of-the-repository', ({ tokens, env }) => {
        for (const { children } of tokens) withoutOutsideLinks(children ?? [], env.relativePath)
      })
    },
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: 'deep',
    sidebar: [
      { text: 'Use', items: pagesIn('.') },
      { text: 'Data sets', collapsed: true, items: pagesIn('events') },
      { text: 'Decisions of design', collapsed: true, items: pagesIn('adr') },
    ],
  },
})

/** Pages of a folder with their titles. */
function pagesIn(folder: string) {
  return readdirSync(join(DOCS, folder))
    .filter((name) => name.endsWith('.md') && name !== 'index.md')
    .map((name) => ({ name, text: /^# (.*)/m.exec(readFileSync(join(DOCS, folder, name), 'utf8'))?.[1] ?? name }))
    .sort((a, b) => placeOf(a.name) - placeOf(b.name) || a.text.localeCompare(b.text, 'en'))
    .map(({ name, text }) => ({ text, link: `/${join(folder, name.replace(/\.md$/, ''))}` }))
}

function placeOf(name: string): number {
  const place = FIRST.indexOf(name)
  return place < 0 ? FIRST.length : place
}

/** Links to files of the repository outside docs/ become their text: the site does not hold them. */
function withoutOutsideLinks(tokens: readonly Token[], page: string): void {
  let isOutside = false
  for (const token of tokens) {
    if (token.type === 'link_open')
      isOutside = normalize(join(dirname(page), token.attrGet('href') ?? '')).startsWith('..')
    if (isOutside && (token.type === 'link_open' || token.type === 'link_close'))
      Object.assign(token, { type: 'text', content: '', hidden: true })
  }
}
