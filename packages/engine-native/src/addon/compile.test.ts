import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { buildAddon } from './compile.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-compile-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/**
 * A compiler of a few words. It writes the add-on that it finds into `seen`, and its own version into what it is to make.
 *
 * @param status what it ends with when it compiles
 */
function writeCompiler(version: string, status: number): string {
  const file = join(folder, 'cc')
  const lines = [
    '#!/bin/sh',
    `if [ "$1" = --version ]; then echo ${version}; exit 0; fi`,
    `cat '${folder}/build/vigil.node' >> '${folder}/seen' 2>/dev/null`,
    'while [ $# -gt 0 ]; do',
    '  case "$1" in -I*) test -s "$' + '{1#-I}/blocks.h" || exit 9 ;; esac',
    `  if [ "$1" = -o ]; then printf ${version} > "$2"; fi`,
    '  shift',
    'done',
    `exit ${status}`,
  ]
  writeFileSync(file, lines.join('\n'))
  chmodSync(file, 0o755)
  return file
}

describe.skipIf(process.platform === 'win32')('buildAddon', () => {
  const addon = () => readFileSync(join(folder, 'build/vigil.node'), 'utf8')
  const build = (compiler: string) => buildAddon(compiler, join(folder, 'build'))

  it('builds once, and again for another compiler, and leaves nothing but the add-on and its stamp', () => {
    const compiler = writeCompiler('one', 0)
    expect(build(compiler)).toMatchObject({ isBuilt: true, message: expect.stringMatching(/is built/) })
    expect(addon()).toBe('one')
    expect(build(compiler).message).toMatch(/up to date/)
    expect(build(writeCompiler('two', 0)).message).toMatch(/is built/)
    expect(addon()).toBe('two')
    expect(readdirSync(join(folder, 'build')).sort()).toEqual(['stamp', 'vigil.node'])
  })

  it('leaves the old add-on in its place while it compiles', () => {
    build(writeCompiler('one', 0))
    rmSync(join(folder, 'seen'))
    build(writeCompiler('two', 0))
    expect(readFileSync(join(folder, 'seen'), 'utf8')).toMatch(/^(one)+$/)
  })

  it('takes a stale add-on away where compiling fails', () => {
    build(writeCompiler('one', 0))
    expect(build(writeCompiler('two', 1)).isBuilt).toBe(false)
    expect(existsSync(join(folder, 'build/vigil.node'))).toBe(false)
  })

  it('keeps an add-on that another build of the same sources has made meanwhile', () => {
    const compiler = writeCompiler('one', 0)
    build(compiler)
    const made = readFileSync(join(folder, 'build/stamp'), 'utf8')
    rmSync(join(folder, 'build'), { recursive: true })
    writeCompiler('one', 1)
    const failing = readFileSync(compiler, 'utf8')
    const other = `printf '${made}' > '${folder}/build/stamp'; printf one > '${folder}/build/vigil.node'`
    writeFileSync(compiler, failing.replace('\nwhile ', `\n${other}\nwhile `))
    expect(build(compiler)).toEqual({ isBuilt: true, message: 'The native engine is up to date.' })
    expect(addon()).toBe('one')
  })

  it('keeps an add-on whose compiler has gone', () => {
    build(writeCompiler('one', 0))
    expect(build(join(folder, 'gone')).isBuilt).toBe(false)
    expect(addon()).toBe('one')
  })

  it('refuses words that nobody would heed', () => {
    const command = new URL('./build.ts', import.meta.url).pathname
    const { status, stderr, stdout } = spawnSync(process.execPath, [command, '--x'], { encoding: 'utf8' })
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toBe('error UNKNOWN_FLAG: engine-native:build takes no flags, received "--x".\n')
  })
})
