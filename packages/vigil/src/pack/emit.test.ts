import { describe, expect, it } from 'vitest'
import type { Workspace } from './closure.ts'
import { rewritten } from './emit.ts'

const STL: Workspace = {
  folder: 'packages/stl',
  entries: new Map([
    ['.', 'packages/stl/src/index.ts'],
    ['./program', 'packages/stl/src/program/index.ts'],
  ]),
  versions: new Map(),
  optional: [],
}
const inData = (text: string) => rewritten(text, 'packages/data/src/reading/read.js', new Map([['stl', STL]]))

describe('what was compiled', () => {
  it.each([
    ["import { a } from '@vigil/stl'", "import { a } from '../../../stl/src/index.js'"],
    ['import "@vigil/stl/program"', 'import "../../../stl/src/program/index.js"'],
    ["type A = import('@vigil/stl').A", "type A = import('../../../stl/src/index.js').A"],
    ["export type { B } from './b.ts'", "export type { B } from './b.js'"],
    ["new Worker(new URL('./part.ts', import.meta.url))", "new Worker(new URL('./part.js', import.meta.url))"],
    ["new URL('../build/env.wasm', import.meta.url)", "new URL('../build/env.wasm', import.meta.url)"],
    ["import { z } from 'zod'", "import { z } from 'zod'"],
    ["file: 'packages/learner/src/cli/train.ts'", "file: 'packages/learner/src/cli/train.ts'"],
    ['Run it by: npx nx run learner:train --x', 'Run it by: npx vigil train --x'],
    ['Use nx run service:serve.', 'Use npx vigil serve.'],
    ['Build it with: npx nx run env-wasm:build', 'Build it with: npm install --force vigil'],
    ['`npx nx run tools:ablation`', '`npx vigil tools:ablation`'],
  ])('%s -> %s', (text, expected) => expect(inData(text)).toBe(expected))

  it('refuses a package that nobody knows', () => {
    expect(() => inData("from '@vigil/gone'")).toThrow(expect.objectContaining({ code: 'PACK_INCOMPLETE' }))
  })
})
