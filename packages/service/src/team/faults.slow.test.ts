/** Teams of real processes whose agents are killed, stopped, cut off, given old logs or full disks, or lie. */
import { cpSync, rmSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import type { Faults } from './faulty-agent.fixture.ts'
import { processTeam, type Running } from './processes.fixture.ts'
import { checkTeam, type Line } from './team-check.oracle.ts'

const running: Running[] = []
let remove: () => void = () => undefined
afterEach(async () => {
  for (const { process } of running) process.kill('SIGKILL')
  await Promise.all(running.splice(0).map(({ ended }) => ended))
  remove()
})

/** Resolves when something holds, looked at again and again; the time limit of the test is its end. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20))
}

/** A team that decides on lines as they are fed to it. */
async function fedTeam({
  faults = {},
  deadlineMs = 120_000,
}: {
  faults?: Readonly<Record<number, Faults>>
  deadlineMs?: number
}) {
  const team = await processTeam({ viewMs: 1000, batch: 16 })
  remove = team.remove
  const lines = team.lines(20)
  const agents = Array.from({ length: team.agentCount }, (_, agent) => team.agent(agent, faults[agent]))
  const begin = () => team.enforcer('', `--deadline-ms=${deadlineMs}`, '--wait-ms=5')
  let enforcer = begin()
  running.push(enforcer, ...agents)
  let fed = 0
  const answered = async (rows: number) => await until(() => team.decisions().length >= rows)
  return {
    ...team,
    agents,
    enforcer: () => enforcer,
    /** Feeds so many events more. */
    feed(count: number): number {
      enforcer.process.stdin?.write(
        lines
          .slice(fed, fed + count)
          .map((line) => `${line}\n`)
          .join(''),
      )
      fed += count
      return fed
    },
    answered,
    /** Feeds so many events more, and waits for their decisions. */
    async decide(count: number): Promise<void> {
      await answered(this.feed(count))
    },
    /** Begins an agent again, and decides until the team counts its ballots again. */
    async restart(agent: number): Promise<void> {
      agents[agent] = team.agent(agent, faults[agent])
      running.push(agents[agent])
      await until(() => agents[agent].said().includes('listens'))
      await this.counted(agent)
    },
    /** Decides until the team counts an agent's ballots. */
    async counted(agent: number): Promise<void> {
      do await this.decide(16)
      while ((JSON.parse(team.decisions().at(-1)!) as Line).votes?.[agent] == null)
    },
    /** Decides until an agent, begun again, has no more room for its log. */
    async fillDisk(agent: number): Promise<void> {
      agents[agent].process.kill('SIGKILL')
      await agents[agent].ended
      const limited = team.agentWithin(agent, 128)
      running.push(limited)
      let code: number | string | null = null
      void limited.ended.then((ended) => {
        code = ended
      })
      while (code === null) await this.decide(16)
      expect([code, limited.said()]).toEqual([1, expect.stringContaining('error LOG_UNWRITABLE')])
    },
    /** The enforcer is killed, and another one is given everything again. */
    async restartEnforcer(): Promise<void> {
      enforcer.process.kill('SIGKILL')
      await enforcer.ended
      enforcer = begin()
      running.push(enforcer)
      enforcer.process.stdin?.write(
        lines
          .slice(0, fed)
          .map((line) => `${line}\n`)
          .join(''),
      )
    },
    /** Ends the input, and looks at everything. */
    async check(liars: readonly number[] = []) {
      enforcer.process.stdin?.end()
      const code = await enforcer.ended
      const honest = agents.map((_, agent) => agent).filter((agent) => !liars.includes(agent))
      const found = await checkTeam(team.folder, {
        ...{ lines: team.decisions(), evidence: team.evidence(), honest },
        wanted: await team.alone(lines.slice(0, fed)),
      })
      return { code, rows: team.decisions().length === fed, ...found }
    },
  }
}

describe('a team of four that bears one fault', () => {
  it('goes on while one is killed at any moment, has a full disk, is stopped, or is given an old log, and does nothing twice', async () => {
    const team = await fedTeam({})
    await team.decide(100)
    cpSync(team.file('log-1'), team.file('old-log'), { recursive: true })
    for (const [i, agent] of [0, 3].entries()) {
      const fed = team.feed(96)
      // In the middle of a batch, each time elsewhere.
      await team.answered(fed - 80 + 16 * i + 1)
      team.agents[agent].process.kill('SIGKILL')
      await team.agents[agent].ended
      await team.restart(agent)
    }
    await team.fillDisk(3)
    await team.restart(3)

    team.agents[2].process.kill('SIGSTOP')
    await team.decide(64)
    team.agents[2].process.kill('SIGCONT')
    await team.counted(2)

    team.agents[1].process.kill('SIGKILL')
    await team.agents[1].ended
    rmSync(team.file('log-1'), { recursive: true })
    cpSync(team.file('old-log'), team.file('log-1'), { recursive: true })
    await team.restart(1)
    expect(team.agents[1].said()).toContain('The log is older than what this agent has signed')
    expect(team.agents[1].said()).toContain('No part is taken in batch')

    await team.restartEnforcer()
    await team.decide(48)
    expect(await team.check()).toMatchObject({ code: 0, rows: true, violations: [], late: 0 })
  })

  it('with two stopped answers with the fallback and an alarm, without a certificate, and goes on when they are back', async () => {
    const team = await fedTeam({ deadlineMs: 4000 })
    await team.decide(64)
    for (const agent of [0, 1]) team.agents[agent].process.kill('SIGSTOP')
    await team.decide(40)
    expect(team.enforcer().said()).toMatch(
      /^Batch \d+ has no certificate after 4000 ms: its events get the fallback\.$/m,
    )
    expect(
      team
        .decisions()
        .slice(64)
        .map((line) => JSON.parse(line).late),
    ).toEqual(Array.from({ length: 40 }, () => true))
    for (const agent of [0, 1]) team.agents[agent].process.kill('SIGCONT')
    while (!team.enforcer().said().includes('The team answers again')) await team.decide(16)
    const found = await team.check()
    expect(found).toMatchObject({ code: 0, rows: true, violations: [] })
    expect(found.late).toBeGreaterThanOrEqual(40)
  })

  it.each<[string, Faults]>([
    [
      'contradicts itself, forges, blames and sends nonsense',
      {
        behaviours: [
          'equivocal-leader',
          'equivocal-ballot',
          'double-vote',
          'forgery',
          'replay',
          'far-view',
          'short-quorum',
          'phantom-votes',
          'false-blame',
          'nonsense',
        ],
      },
    ],
    [
      'censors as the leader, forgets its locks and makes them up',
      { behaviours: ['censor', 'amnesia', 'overclaim', 'fork', 'relabel'] },
    ],
  ])('decides by the rule while one %s, and others lose messages or are cut off one way', async (_, liar) => {
    const faults = { 0: { loss: 0.03, delayMs: 20 }, 1: { cut: [2] }, 3: liar }
    const team = await fedTeam({ faults })
    await team.decide(160)
    const found = await team.check([3])
    expect(found).toMatchObject({ code: 0, rows: true, violations: [], late: 0 })
    expect(found.unanimous).toBeGreaterThan(20)
    const blamed = new Set(team.evidence().map((line) => JSON.parse(line).agent))
    expect([...blamed]).toEqual(liar.behaviours?.includes('double-vote') ? [3] : [...blamed])
  })
})
