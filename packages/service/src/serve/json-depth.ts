import { requestError } from '../errors.ts'

/** Deepest nesting of JSON that is read. */
const DEPTH_MAX = 64

/**
 * Refuses JSON that is nested too deep, before it is parsed.
 *
 * @throws {VigilError} BODY_DEPTH
 */
export function assertShallow(json: string): void {
  if (!hasManyBrackets(json) || depthOf(json) <= DEPTH_MAX) return
  throw requestError('BODY_DEPTH', `JSON: needs at most ${DEPTH_MAX} levels, received more. Give events flat.`)
}

/** Text with few brackets needs no closer look. */
function hasManyBrackets(json: string): boolean {
  let brackets = 0
  for (const bracket of ['{', '[']) {
    for (let at = json.indexOf(bracket); at >= 0; at = json.indexOf(bracket, at + 1)) {
      if (++brackets > DEPTH_MAX) return true
    }
  }
  return false
}

/** Levels of the brackets that stand outside of texts. */
function depthOf(json: string): number {
  let [depth, deepest] = [0, 0]
  let isText = false
  for (let i = 0; i < json.length; i++) {
    const character = json[i]
    if (character === '\\') i++
    else if (character === '"') isText = !isText
    else if (isText) continue
    else if (character === '{' || character === '[') deepest = Math.max(deepest, ++depth)
    else if (character === '}' || character === ']') depth--
  }
  return deepest
}
