import { describe, expect, it } from 'vitest'
import { harmlessJson, harmlessLines, harmlessText } from './harmless-text.ts'

describe('harmlessText', () => {
  it.each([
    ['an escape sequence', '\x1b]0;title\x07\x1b[2J', '\\x1b]0;title\\x07\\x1b[2J'],
    ['an escape sequence of one character (C1)', '\x9b2J', '\\x9b2J'],
    ['NUL, DEL and backspace', 'a\0b\x7fc\bd', 'a\\x00b\\x7fc\\x08d'],
    ['line breaks and tabs', 'a\nb\r\nc\td', 'a\\nb\\r\\nc\\td'],
    ['other line separators', 'a\u2028b\u2029c\u0085d', 'a\\u2028b\\u2029c\\x85d'],
    ['a turned direction', 'exe.\u202egpj\u202c \u2067x\u2069', 'exe.\\u202egpj\\u202c \\u2067x\\u2069'],
    ['characters that show nothing', 'a\u200bb\ufeffc\u00add', 'a\\u200bb\\ufeffc\\xadd'],
    ['tag characters', 'a\u{e0041}', 'a\\u{e0041}'],
    ['half a character', 'a\ud83d b\ude00', 'a\\ud83d b\\ude00'],
  ])('escapes %s', (_, text, shown) => {
    expect(harmlessText(text)).toBe(shown)
  })

  it('leaves letters of every script, signs, backslashes and markup as they are', () => {
    const text = 'Grüße, 你好, مرحبا, 😀, C:\\logs\\x, <b>&amp;</b> "quoted"'
    expect(harmlessText(text)).toBe(text)
  })

  it('shows beginning and end of a long text, and escapes after it is cut', () => {
    expect(harmlessText('0123456789abcdefghij', 10)).toBe('012345 ... ghij')
    expect(harmlessText('0123456789', 10)).toBe('0123456789')
    const huge = harmlessText('\x1b'.repeat(50_000_000))
    expect(huge.length).toBeLessThan(900)
    // A pair that the cut divides is two halves.
    expect(harmlessText('😀'.repeat(100), 9)).not.toMatch(/\p{Cs}/u)
  })
})

describe('harmlessLines', () => {
  it('keeps line breaks, and nothing else that is harmful', () => {
    expect(harmlessLines('x > )\n    ^ \x1b[31m\r\n')).toBe('x > )\n    ^ \\x1b[31m\\r\n')
    expect(harmlessLines('x'.repeat(100_000)).length).toBe(4005)
  })
})

it('harmlessJson reads back as the same value, and shows nothing harmful', () => {
  const value = { 'a\x1b\u202e': ['\x9b2J', '\x7f', '\u2028', '\u{e0041}', '\ud83d', 'é 😀 \n'] }
  const text = harmlessJson(value)
  expect(JSON.parse(text)).toEqual(value)
  expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u)
  expect(text).toContain('"é 😀 \\n"')
  expect(text.split('\n').length).toBe(10)
})
