import { html, type Markup, trusted } from './html.ts'
import { pageStyle } from './page-style.ts'

/** A page in the style of the reports. */
export type Page = {
  readonly title: string
  /** CSS of this page alone, behind the style of all; our own text, never that of a run. */
  readonly style: string
  /** What stands inside `main`. */
  readonly body: Markup
}

/** One HTML page that needs nothing else: no network, no script (its own policy forbids both). */
export function renderPage({ title, style, body }: Page): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${trusted(pageStyle + style)}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`
  return page.markup
}
