/**
 * AssemblyScript allows decorators on functions (`@inline`), TypeScript does not, so Biome refuses the file. As comments on the same
 * lines they pass, and every line keeps its number. A decorator stands on a line of its own.
 */
export function hideDecorators(text: string): string {
  return text.replace(/^([ \t]*)(@\w+(?:\([^\n]*\))?)$/gm, `$1${mark}$2`)
}

export function showDecorators(text: string): string {
  return text.replaceAll(mark, '')
}

const mark = '//decorator '
