import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { COMMANDS } from './commands.ts'
import { COMPLETIONS } from './completion.ts'

const CLI = fileURLToPath(new URL('vigil.ts', import.meta.url))

/** A shell in which `vigil` prints this help and has been completed by its script. */
const HELP = `Usage: npx vigil train --flag=value ...

Flags:
  --dataset=NAME                  whose events (one of a, b; default a)
                                  --not-a-flag goes on here
  --tensorboard                   curves
`

function output(shell: string, words: readonly string[], own: string): string[] {
  const { stdout, stderr } = spawnSync(shell, [...words, own], { encoding: 'utf8' })
  expect(stderr).toBe('')
  return stdout.trim().split(/\s+/)
}

const hasShell = (shell: string) => spawnSync(shell, ['--version']).status === 0

describe('completion in bash', () => {
  const completed = (words: readonly string[]) =>
    output(
      'bash',
      ['--norc', '-c'],
      `vigil() { cat <<'HELP'\n${HELP}HELP\n}
${COMPLETIONS.bash(COMMANDS)}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}
_vigil; printf '%s\n' "\${COMPREPLY[@]}"`,
    )

  it('has every command of the table, and those that begin as typed', () => {
    expect(completed(['vigil', ''])).toEqual(Object.keys(COMMANDS))
    expect(completed(['vigil', 'data'])).toEqual(Object.keys(COMMANDS).filter((name) => name.startsWith('data')))
  })

  it('has the flags that the help of the command has, with an equals sign where a value follows', () => {
    expect(completed(['vigil', 'train', '--'])).toEqual(['--dataset=', '--tensorboard'])
    expect(completed(['vigil', 'train', '--d'])).toEqual(['--dataset='])
    // Files are the shell's to complete.
    expect(completed(['vigil', 'train', '--data', '=', 'ev'])).toEqual([''])
  })
})

describe.skipIf(!hasShell('fish'))('completion in fish (where it is installed)', () => {
  const completed = (line: string) =>
    output(
      'fish',
      ['--no-config', '-c'],
      `function vigil; echo '${HELP}'; end\n${COMPLETIONS.fish(COMMANDS)}\ncomplete -C '${line}' | string split -f1 \\t`,
    )

  it('has every command of the table and the flags of a command', () => {
    expect(completed('vigil ').sort()).toEqual(Object.keys(COMMANDS).sort())
    expect(completed('vigil train --').sort()).toEqual(['--dataset=', '--tensorboard'])
  })
})

describe.skipIf(!hasShell('zsh'))('completion in zsh (where it is installed)', () => {
  it('is a script that zsh reads, with every command and what it is about', () => {
    const script = COMPLETIONS.zsh({ 'a-b': { about: "a user's: $(command)" } })
    expect(output('zsh', ['-f', '-c'], `compdef() { print $1 $2 }\n${script}`)).toEqual(['_vigil', 'vigil'])
    const described = `_describe() { print -r -- $commands }\ncompdef() { }\n${script}\nwords=(vigil) CURRENT=2 _vigil`
    expect(output('zsh', ['-f', '-c'], described).join(' ')).toBe("a-b:a user's: $(command)")
  })
})

function vigil(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...words], { encoding: 'utf8' })
  return { status, stdout, stderr }
}

describe('vigil completion', () => {
  it('writes the script of a shell, and asks for one that it knows', () => {
    expect(vigil('completion', 'fish').stdout).toBe(COMPLETIONS.fish(COMMANDS))
    const { status, stderr } = vigil('completion', 'constructor')
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringMatching(/needs one of bash, zsh, fish/) })
    expect(vigil('completion', '--help')).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^Usage: vigil completion/),
    })
  })
})

describe('a command without flags', () => {
  it('shows its help and refuses flags, and does its work for neither', () => {
    const command = COMMANDS['build-native']
    expect(vigil('build-native', '--help')).toEqual({
      ...{ status: 0, stderr: '' },
      stdout: `Usage: vigil build-native\n\n${command.about}. It has no flags.\n`,
    })
    expect(vigil(command.nx, '--cc=gcc')).toEqual({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(/^error UNKNOWN_FLAG: /),
    })
  })
})
