import { parseSync } from 'oxc-parser'
import { expect, it } from 'vitest'
import { hideDecorators, showDecorators } from './decorators.ts'

const source = `/** Told by e-mail: a@b. */
@inline
function f(): void {}
@external("env", "exp")
declare function g(): void
class A {
  @inline
  f(): void {}
}
`

it('a file with decorators on functions parses when they are hidden, and not before', () => {
  expect(parseSync('a.ts', source).errors).not.toEqual([])
  expect(parseSync('a.ts', hideDecorators(source)).errors).toEqual([])
})

it('lines keep their numbers, and what was hidden comes back', () => {
  expect(hideDecorators(source).split('\n')).toHaveLength(source.split('\n').length)
  expect(showDecorators(hideDecorators(source))).toBe(source)
})
