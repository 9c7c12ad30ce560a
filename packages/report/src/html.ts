/** Markup that is safe to place into a page as it is. Only `html` and `trusted` make it. */
export type Markup = { readonly markup: string }

type Content = Markup | string | number | readonly Markup[] | null

/**
 * Template tag for HTML and SVG: text and numbers are escaped, markup and lists of markup are placed as they are, null is
 * nothing. Values may stand in text and in quoted attributes, nowhere else.
 */
export function html(parts: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  return { markup: parts.reduce((text, part, index) => text + render(contents[index - 1]) + part) }
}

/** Declares a string to be safe markup. For our own style sheet. */
export function trusted(markup: string): Markup {
  return { markup }
}

/**
 * Escapes text for HTML content and quoted attributes; characters that no page can show, or that turn the direction of what
 * follows, become U+FFFD.
 */
function escapeText(text: string): string {
  return text
    .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
    .replace(/[\p{Cc}\p{Cf}]/gu, (character) => (character === '\n' || character === '\t' ? character : '\uFFFD'))
}

function render(content: Content): string {
  if (content === null) return ''
  if (typeof content === 'string') return escapeText(content)
  if (typeof content === 'number') return String(content)
  if ('markup' in content) return content.markup
  return content.map((item) => item.markup).join('\n')
}
