import { type ChildProcess, spawn } from 'node:child_process'
import { expect } from 'vitest'

/** A process of its own that locks a folder when it is told to, says what came of it, and keeps what it has. */
export function locker(folder: string, command: readonly string[] = []) {
  const script = `
    const { lockRunFolder } = await import(${JSON.stringify(new URL('./run-lock.ts', import.meta.url).href)})
    process.stdin.once('data', async () => {
      await lockRunFolder(${JSON.stringify(folder)}).then(() => console.log('has it'), (error) => console.log(error.code + ' ' + error.message))
    })
    console.log('ready as ' + process.pid)`
  const [file, ...words] = [...command, process.execPath, '--input-type=module', '-e', script]
  const child = spawn(file, words)
  let said = ''
  child.stdout.on('data', (chunk) => {
    said += chunk
  })
  const waitFor = (words: RegExp) => expect.poll(() => said, { timeout: 60_000 }).toMatch(words)
  return {
    ready: () => waitFor(/ready/),
    async tries() {
      child.stdin.write('go\n')
      await waitFor(/has it|[A-Z]_[A-Z]/)
      return said.replace(/ready as \d+\n/, '').trim()
    },
    ends: () => ended(child),
    pid: child.pid,
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const closed = new Promise((resolve) => child.on('close', resolve))
  child.kill('SIGKILL')
  await closed
}
