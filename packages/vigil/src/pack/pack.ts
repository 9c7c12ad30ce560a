/** `npx nx run vigil:pack`: the library and the command `vigil` as one tarball for npm. docs/library.md has more. */
import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { type FlagTable, flagsOf, readFlags, runCommand, textFlag } from '@vigil/command-line'
import { packLibrary } from './pack-library.ts'

const FLAGS = {
  out: { value: 'FOLDER', about: 'folder that gets the tarball', default: 'packages/vigil/build' },
} as const satisfies FlagTable

await runCommand({
  help: {
    command: 'vigil:pack',
    file: 'packages/vigil/src/pack/pack.ts',
    purpose: 'Makes the package vigil: the library and all commands as JavaScript with types, WebAssembly inside.',
    groups: [{ title: 'Flags', flags: flagsOf(FLAGS) }],
    examples: ['', '--out=FOLDER'],
  },
  async run({ words }) {
    const out = resolve(textFlag(readFlags(words, FLAGS), 'out', 'FOLDER') ?? FLAGS.out.default)
    mkdirSync(out, { recursive: true })
    const path = packLibrary(out)
    process.stdout.write(`${path}\n`)
    return { files: [{ path, what: 'package for npm' }] }
  },
})
