/** A team of processes on this machine: its bundle, its files, and commands of ours that are started and ended. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { EnvironmentSpec } from '@vigil/env-wasm'
import { type Bundle, writeBundle } from '@vigil/runs'
import { decideStream } from '../decide-stream.ts'
import { createDecider } from '../decider.ts'
import { describedRequest, drawnTeam, eventsFolder } from '../described-team.fixture.ts'
import { inputLines } from '../input-lines.ts'
import { PLAIN_OUTPUT } from '../output/decision-output.ts'
import type { Faults } from './faulty-agent.fixture.ts'

const CERTIFICATES_HEAD_BYTES = 12
const FAULTY = new URL('./faulty-agent.fixture.ts', import.meta.url).pathname
const COMMANDS = new URL('../cli/', import.meta.url).pathname

/** A command that runs. */
export type Running = {
  readonly process: ChildProcess
  /** what it has said on stderr so far */
  readonly said: () => string
  readonly printed: () => string
  /** resolves with its exit code, or the name of the signal that ended it */
  readonly ended: Promise<number | string>
}

/** Starts one of our commands. */
export function start(
  cwd: string,
  file: string,
  words: readonly string[],
  {
    input = '',
    faults = {},
    blocks,
  }: { readonly input?: string; readonly faults?: Faults; readonly blocks?: number } = {},
): Running {
  const { VIGIL_NX_COMMAND_LINE: _words, VIGIL_NX_EXIT_CODE_FILE: _file, ...rest } = process.env
  const env = { ...rest, FAULTS: JSON.stringify(faults) }
  const path = file.includes('/') ? file : join(COMMANDS, file)
  const child =
    blocks === undefined
      ? spawn(process.execPath, [path, ...words], { cwd, env })
      : spawn('sh', ['-c', `ulimit -f ${blocks} && exec "$@"`, 'sh', process.execPath, path, ...words], { cwd, env })
  let [said, printed] = ['', '']
  child.stderr.on('data', (piece) => {
    said += piece
  })
  child.stdout.on('data', (piece) => {
    printed += piece
  })
  // A command may end before it has read all.
  child.stdin.on('error', () => undefined)
  if (input !== '') child.stdin.end(input)
  const ended = new Promise<number | string>((resolve) =>
    child.once('close', (code, signal) => resolve(code ?? signal ?? '')),
  )
  return { process: child, said: () => said, printed: () => printed, ended }
}

/** A port that nobody has now, and the ones behind it. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Events as lines of JSON, `rounds` times over, each with an id of its own. */
function linesOf(csv: string, rounds: number): string[] {
  const [head, ...rows] = csv.trimEnd().split('\n')
  const names = head.split(',')
  return Array.from({ length: rounds }, (_, round) =>
    rows.map((row, i) => {
      const cells = row.replace('"a,b"', 'a;b').split(',')
      const event = Object.fromEntries(names.slice(0, -1).map((name, at) => [name, cells[at]]))
      return JSON.stringify({ id: `${round}-${i}`, ...event })
    }),
  ).flat()
}

/** Whole lines of a file; none where there is no file. */
function linesIn(path: string): string[] {
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : []
}

function agentWords(agent: number): string[] {
  const files = ['--team=team/team.json', `--agent=${agent}`, `--key=team/agent-${agent}.key`, '--run=.']
  return [...files, `--log=log-${agent}`]
}

async function decidedAlone(bundle: Bundle, lines: readonly string[]): Promise<string[]> {
  const text = (async function* () {
    yield Buffer.from(lines.map((line) => `${line}\n`).join(''))
  })()
  const found: string[] = []
  const take = async (some: string) => found.push(...some.trimEnd().split('\n')) > 0
  const streamColumns = bundle.environment.response === null ? null : ['host']
  await decideStream(await createDecider(bundle), inputLines(text), take, {
    ...{ onError: 'stop', isJudged: () => true, streamColumns, note: () => undefined, output: PLAIN_OUTPUT },
  })
  return found
}

/** How a team of processes is to be. */
export type TeamOptions = Partial<EnvironmentSpec> & {
  readonly lstmHidden?: readonly number[]
  readonly viewMs?: number
  readonly batch?: number
}

/** A folder with a run and a team; `remove` it when its commands have ended. */
export async function processTeam({ lstmHidden = [], viewMs = 500, batch = 32, ...changes }: TeamOptions = {}) {
  const folder = eventsFolder()
  const drawn = await drawnTeam(describedRequest(folder), { lstmHidden, ...changes })
  await drawn.close()
  await writeBundle(folder.path, drawn.bundle)
  const agentCount = drawn.bundle.network.agentCount
  const port = await freePort()
  const words = ['--run=.', '--out=team', `--port=${port}`, `--batch=${batch}`, `--view-ms=${viewMs}`]
  const created = start(folder.path, 'team-create.ts', words)
  if ((await created.ended) !== 0) throw new Error(created.said())
  const csv = readFileSync(join(folder.path, 'events.csv'), 'utf8')
  return {
    folder: folder.path,
    agentCount,
    lines: (rounds = 1) => linesOf(csv, rounds),
    /** One agent; with faults by faulty-agent.fixture.ts. */
    agent: (agent: number, faults?: Faults) =>
      start(
        folder.path,
        faults === undefined ? 'agent.ts' : FAULTY,
        agentWords(agent),
        faults === undefined ? {} : { faults },
      ),
    /** The next epoch, from a batch on. */
    rotate: (at: number, ...more: string[]) =>
      start(folder.path, 'team-rotate.ts', ['--team=team/team.json', '--run=.', `--at=${at}`, ...more]),
    ready: (agent: number) =>
      start(folder.path, 'team-ready.ts', [
        ...['--team=team/team.json', `--agent=${agent}`, `--key=team/agent-${agent}.key`, '--run=.'],
      ]),
    sign: (agent: number, log = `log-${agent}`) =>
      start(folder.path, 'team-sign.ts', [
        ...['--team=team/team.json', `--agent=${agent}`, `--key=team/agent-${agent}.key`, `--log=${log}`],
      ]),
    freePort,
    /** One agent whose files may have so many blocks of 512 bytes, as where a disk is full. */
    agentWithin: (agent: number, blocks: number) => start(folder.path, 'agent.ts', agentWords(agent), { blocks }),
    /** The enforcer; without input its stdin stays open. */
    enforcer: (input = '', ...more: string[]) =>
      start(
        folder.path,
        'enforce.ts',
        ['--team=team/team.json', '--key=team/enforcer.key', '--run=.', '--out=out', ...more],
        { input },
      ),
    /** The enforcer whose files may have so many blocks of 512 bytes, its stdin open. */
    enforcerWithin: (blocks: number) =>
      start(folder.path, 'enforce.ts', ['--team=team/team.json', '--key=team/enforcer.key', '--run=.', '--out=out'], {
        blocks,
      }),
    /** What service:decide writes about the same lines. */
    alone: async (lines: readonly string[]) => await decidedAlone(drawn.bundle, lines),
    /** Certificates in the file of the enforcer. */
    certificateCount() {
      const bytes = readFileSync(join(folder.path, 'out', 'certificates.bin'))
      let count = 0
      for (let at = CERTIFICATES_HEAD_BYTES; at + 4 <= bytes.length; count++) at += 4 + bytes.readUInt32LE(at)
      return count
    },
    decisions: () => linesIn(join(folder.path, 'out', 'decisions.jsonl')),
    evidence: () => linesIn(join(folder.path, 'out', 'evidence.jsonl')),
    file: (name: string) => join(folder.path, name),
    write: (name: string, text: string) => writeFileSync(join(folder.path, name), text),
    remove: () => rmSync(folder.path, { recursive: true, force: true }),
  }
}
