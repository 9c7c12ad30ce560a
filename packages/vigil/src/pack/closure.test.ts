import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { isErrorOf } from '@vigil/errors'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { PACKAGE_ERRORS } from '../errors.ts'
import { closureOf } from './closure.ts'
import { readWorkspaces } from './workspaces.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'vigil-closure-'))
})
afterEach(() => rmSync(root, { recursive: true }))

function write(files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
}

const HOUSE = {
  'packages/a/package.json': '{ "exports": "./src/index.ts", "dependencies": { "zod": "4.0.0" } }',
  'packages/a/src/index.ts': "import { z } from 'zod'\nexport * from '@vigil/b/part'\nimport 'node:fs'\n",
  'packages/a/src/index.test.ts': '',
  'packages/b/package.json': '{ "exports": { "./part": "./src/part.ts" }, "peerDependencies": { "@x/gpu": "1.0.0" } }',
  'packages/b/src/part.ts':
    "/** import { no } from './not.ts' */\nnew Worker(new URL('./worker.ts', import.meta.url))\nimport g from '../generated/g.js'\n",
  'packages/b/src/worker.ts': "const gpu = await import('@x/gpu/deep')\n",
  'packages/b/src/index.ts': '',
  'tools/package.json': '{}',
}
const closure = () => closureOf(root, ['packages/a/src/index.ts'], readWorkspaces(root))

it('follows imports, names of packages and started files, and nothing else', () => {
  write(HOUSE)
  expect(closure()).toEqual({
    files: ['packages/a/src/index.ts', 'packages/b/src/part.ts', 'packages/b/src/worker.ts'],
    externals: new Map([
      ['@x/gpu', '1.0.0'],
      ['zod', '4.0.0'],
    ]),
  })
})

it.each([
  ['a file that is gone', { 'packages/b/src/worker.ts': "import './gone.ts'\n" }],
  ['a package that does not name what it imports', { 'packages/b/src/worker.ts': "import 'zod'\n" }],
  ['an entry that its package does not have', { 'packages/b/src/worker.ts': "import '@vigil/a/inside'\n" }],
])('refuses %s', (_, files) => {
  write({ ...HOUSE, ...files })
  expect(closure).toThrow(
    expect.toSatisfy((error) => isErrorOf(PACKAGE_ERRORS, error) && error.code === 'PACK_INCOMPLETE'),
  )
})
