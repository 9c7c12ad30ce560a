import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type InputLine, inputLines, LINE_BYTES_MAX } from './input-lines.ts'

/** All lines of a text that comes in pieces. */
async function linesOf(pieces: Iterable<Uint8Array>, isCut = false): Promise<InputLine[]> {
  const text = (async function* () {
    yield* pieces
  })()
  const all: InputLine[] = []
  for await (const lines of inputLines(text, () => isCut)) all.push(...lines)
  return all
}

it('divides a text into the same lines however it is cut into pieces', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(fc.constantFrom('', ' ', '{"a":1}', 'ü'), fc.string()), { maxLength: 12 }),
      fc.array(fc.integer({ min: 0, max: 9 })),
      async (texts, cuts) => {
        const whole = texts.map((text) => text.replaceAll('\n', ' ')).join('\n')
        const bytes = Buffer.from(whole)
        const pieces: Uint8Array[] = []
        let at = 0
        for (const cut of cuts) {
          pieces.push(bytes.subarray(at, at + cut))
          at += cut
        }
        pieces.push(bytes.subarray(at))
        const expected = bytes
          .toString('utf8')
          .split('\n')
          .map((text, i) => ({ number: i + 1, text: text.trim() }))
          .filter(({ text }) => text !== '')
        expect(await linesOf(pieces)).toEqual(expected)
      },
    ),
  )
})

it('keeps nothing of a line that is too long, and goes on with the next', async () => {
  const long = Buffer.alloc(LINE_BYTES_MAX / 2 + 1, 'x')
  const found = await linesOf([Buffer.from('a\n'), long, long, Buffer.from('x\nb'), long, long])
  expect(found).toEqual([
    { number: 1, text: 'a' },
    { number: 2, text: null },
    { number: 3, text: null },
  ])
})

it('gives the lines that a piece ends before the next piece is asked for', async () => {
  const asked: number[] = []
  const text = (async function* () {
    for (let i = 0; i < 3; i++) {
      asked.push(i)
      yield Buffer.from(`${i}\n`)
    }
  })()
  for await (const [{ text: line }] of inputLines(text)) expect(asked.at(-1)).toBe(Number(line))
  expect(asked).toEqual([0, 1, 2])
})

it('takes what no line end follows for a line only at the end of the text', async () => {
  const text = [Buffer.from('{"a":1}\n{"a"')]
  expect(await linesOf(text)).toEqual([
    { number: 1, text: '{"a":1}' },
    { number: 2, text: '{"a"' },
  ])
  expect(await linesOf(text, true)).toEqual([{ number: 1, text: '{"a":1}' }])
})
