/** A team of processes decides as one process does, and its certificates hold. */
import { chmodSync, readFileSync } from 'node:fs'
import { DEFAULT_RESPONSE } from '@vigil/env-wasm'
import { afterEach, describe, expect, it } from 'vitest'
import { processTeam, type Running, start } from './processes.fixture.ts'

const VERIFY = new URL('../../../../tools/src/verify/verify.ts', import.meta.url).pathname

const running: Running[] = []
let remove: () => void = () => undefined
afterEach(async () => {
  for (const { process } of running) process.kill('SIGKILL')
  await Promise.all(running.splice(0).map(({ ended }) => ended))
  remove()
})

async function team(options: Parameters<typeof processTeam>[0]) {
  const made = await processTeam(options)
  remove = made.remove
  return made
}

function agentsOf({ agent, agentCount }: Awaited<ReturnType<typeof team>>): Running[] {
  const agents = Array.from({ length: agentCount }, (_, number) => agent(number))
  running.push(...agents)
  return agents
}

/** Leaders wait a quarter of it for late ballots, and this machine may have much else to do. */
const PATIENT = { viewMs: 60_000 }

describe('four agents as processes, all honest', () => {
  it.each([
    ['that judge events one by one', {}],
    ['that remember streams and see what was decided', { mode: 'stream', lstmHidden: [8] }],
  ] as const)('%s: the lines of service:decide, and a chain of certificates that holds', async (_, options) => {
    const made = await team({ ...PATIENT, ...options })
    const agents = agentsOf(made)
    const lines = made.lines()
    const first = made.enforcer(`${lines.slice(0, 150).join('\n')}\n`, '--deadline-ms=60000')
    expect([await first.ended, first.said()]).toEqual([0, ''])
    // The second begins where the first has ended; events that come again are the same events.
    const second = made.enforcer(`${lines.slice(100).join('\n')}\n`, '--deadline-ms=60000')
    expect(await second.ended).toBe(0)
    expect(second.said()).toContain('150 events in out, the last of line 150; 150 answers.\n')
    expect(second.said()).toContain('50 events that had come before\n')
    const expected = await made.alone(lines)
    expect(made.decisions()).toEqual(expected)
    expect(first.printed() + second.printed()).toBe(`${expected.join('\n')}\n`)
    expect(new Set(expected.map((line) => JSON.parse(line).action)).size).toBeGreaterThan(2)

    const verified = start(made.folder, VERIFY, ['--certificates=out/certificates.bin', '--keys=team/team.json'])
    expect(await verified.ended).toBe(0)
    expect(verified.printed()).toMatch(/^\d+ certificates in a chain; 400 decisions hold; it stands at [0-9a-f]{64}$/m)

    const audited = start(made.folder, VERIFY, ['--decided=out', '--keys=team/team.json'])
    expect(await audited.ended).toBe(0)
    expect(audited.printed()).toContain('400 lines are what was certified, 0 the fallback; 0 verdicts were signed\n')

    for (const { process } of agents) process.kill('SIGTERM')
    expect(await Promise.all(agents.map(({ ended }) => ended))).toEqual([143, 143, 143, 143])
    expect(agents.map(({ said }) => said().trim().split('\n').length)).toEqual([1, 1, 1, 1])
  })
})

describe('four agents of a team whose actions have consequences', () => {
  it('decide on events and verdicts as one process does, also where an agent and the enforcer begin again', async () => {
    const made = await team({ ...PATIENT, mode: 'stream', lstmHidden: [8], response: DEFAULT_RESPONSE })
    const agents = agentsOf(made)
    const lines = made
      .lines()
      .slice(0, 200)
      .flatMap((line, i) => {
        const verdict = { stream: `h${i % 20}`, hostile: i % 12 === 5, id: i }
        return i % 6 === 5 ? [line, JSON.stringify({ verdict })] : [line]
      })
    const half = lines.slice(0, 119)
    const first = made.enforcer(`${half.join('\n')}\n`, '--deadline-ms=60000')
    expect([await first.ended, first.said()]).toEqual([
      0,
      '1 verdict behind the last event not kept: send such again before the next\n',
    ])
    agents[2].process.kill('SIGKILL')
    await agents[2].ended
    running.push(made.agent(2))
    const second = made.enforcer(`${lines.join('\n')}\n`, '--deadline-ms=60000', '--input=repeats')
    expect(await second.ended).toBe(0)
    const expected = await made.alone(lines)
    expect(made.decisions()).toEqual(expected)
    expect(new Set(expected.map((line) => JSON.parse(line).action)).size).toBeGreaterThan(2)
    expect(await made.alone(lines.filter((line) => !line.startsWith('{"verdict"')))).not.toEqual(expected)
    expect(await made.alone(lines.map((line) => line.replace('"hostile":true', '"hostile":false')))).not.toEqual(
      expected,
    )
  })
})

describe('an enforcer', () => {
  it('ends when it has no more room, also where its input goes on', async () => {
    const made = await team({})
    const full = made.enforcerWithin(16)
    running.push(full)
    // Few enough that more is read.
    full.process.stdin?.write(`${made.lines().slice(0, 128).join('\n')}\n`)
    expect([await full.ended, full.said()]).toEqual([
      1,
      expect.stringContaining('error LOG_UNWRITABLE: out/events.log'),
    ])
  })
})

describe('an agent does not begin', () => {
  it('with a key that others may read, with the key of another, in a log that is taken, with another bundle', async () => {
    const made = await team({})
    chmodSync(made.file('team/agent-0.key'), 0o640)
    const open = made.agent(0)
    running.push(open)
    expect([await open.ended, open.said()]).toEqual([
      3,
      expect.stringContaining('error SECRET_INVALID: team/agent-0.key may be read by others (mode 640)'),
    ])

    const words = (agent: number, key: number) => [
      '--team=team/team.json',
      `--agent=${agent}`,
      `--key=team/agent-${key}.key`,
      '--run=.',
      '--log=log',
    ]
    const other = start(made.folder, 'agent.ts', words(2, 1))
    running.push(other)
    expect([await other.ended, other.said()]).toEqual([
      3,
      expect.stringContaining('error TEAM_INVALID: The keys are those of another member'),
    ])

    const first = start(made.folder, 'agent.ts', words(1, 1))
    running.push(first)
    await new Promise((resolve) => first.process.stderr?.once('data', resolve))
    const second = start(made.folder, 'agent.ts', words(2, 2))
    running.push(second)
    expect([await second.ended, second.said()]).toEqual([
      1,
      expect.stringContaining('error LOG_TAKEN: log is taken by process'),
    ])

    made.write(
      'team/team.json',
      readFileSync(made.file('team/team.json'), 'utf8').replace(/"bundle": "../, '"bundle": "00'),
    )
    const foreign = made.agent(3)
    running.push(foreign)
    expect([await foreign.ended, foreign.said()]).toEqual([
      3,
      expect.stringContaining('error TEAM_INVALID: The bundle of . is not the one'),
    ])
  })
})
