import { createHash } from 'node:crypto'
import { html, type Markup, trusted } from './html.ts'
import { pageStyle } from './page-style.ts'

/** A page in the style of the reports. */
export type Page = {
  readonly title: string
  /** CSS of this page alone, behind the style of all; our own text, never that of a run. */
  readonly style: string
  /** What stands inside `main`. */
  readonly body: Markup
  /** Our own script, never text of a run; the page reads well without it. Left out = none. */
  readonly script?: string
}

/** One HTML page that needs nothing else: no network, and no script but the one given (its own policy forbids both). */
export function renderPage({ title, style, body, script }: Page): string {
  const allowed = script === undefined ? '' : `; script-src 'sha256-${sha256(script)}'`
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'${trusted(allowed)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${trusted(pageStyle + style)}</style>
</head>
<body>
<main>
${body}
</main>
${script === undefined ? null : trusted(`<script>${script}</script>`)}
</body>
</html>
`
  return page.markup
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64')
}
