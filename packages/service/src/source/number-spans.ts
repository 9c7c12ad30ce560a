/** Numbers of a source as spans: nearly all that come lie side by side, so that every one is remembered, whatever came since. */

/** Numbers from one to another, both within. */
export type Span = { readonly first: number; readonly last: number }

/**
 * Adds a span to spans in their order, none of which touches the next.
 *
 * @example
 * addSpan([{ first: 1, last: 3 }], { first: 4, last: 4 }) // [{ first: 1, last: 4 }]
 */
export function addSpan(spans: Span[], { first, last }: Span): void {
  const begin = firstEnding(spans, first - 1)
  let end = begin
  while (end < spans.length && spans[end].first <= last + 1) end++
  const touched = spans.slice(begin, end)
  const whole = {
    first: Math.min(first, touched[0]?.first ?? first),
    last: Math.max(last, touched.at(-1)?.last ?? last),
  }
  spans.splice(begin, touched.length, whole)
}

/** Whether a number is in one of the spans. */
export function isInSpans(spans: readonly Span[], number: number): boolean {
  const span = spans[firstEnding(spans, number)]
  return span !== undefined && span.first <= number
}

/** Index of the first span that ends at a number or behind it. */
function firstEnding(spans: readonly Span[], number: number): number {
  let [low, high] = [0, spans.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (spans[middle].last < number) low = middle + 1
    else high = middle
  }
  return low
}
