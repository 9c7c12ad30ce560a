/** Teams of real processes whose agents are killed, stopped, cut off, given old logs or full disks, or lie. */
import { cpSync, rmSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import type { Faults } from './faulty-agent.fixture.ts'
import { fedTeam } from './fed-team.fixture.ts'

let team: Awaited<ReturnType<typeof fedTeam>>
afterEach(async () => await team.end())

describe('a team of four that bears one fault', () => {
  it('goes on while one is killed at any moment, has a full disk, is stopped, or is given an old log, and does nothing twice', async () => {
    team = await fedTeam({})
    await team.decide(100)
    cpSync(team.files.file('log-1'), team.files.file('old-log'), { recursive: true })
    for (const [i, agent] of [0, 3].entries()) {
      const fed = team.feed(96)
      // In the middle of a batch, each time elsewhere.
      await team.answered(fed - 80 + 16 * i + 1)
      await team.kill(agent)
      await team.restart(agent)
    }
    expect(await team.fillDisk(3)).toEqual([1, expect.stringContaining('error LOG_UNWRITABLE')])
    await team.restart(3)

    team.agents[2].process.kill('SIGSTOP')
    await team.decide(64)
    team.agents[2].process.kill('SIGCONT')
    await team.counted(2)

    await team.kill(1)
    rmSync(team.files.file('log-1'), { recursive: true })
    cpSync(team.files.file('old-log'), team.files.file('log-1'), { recursive: true })
    await team.restart(1)
    expect(team.agents[1].said()).toContain('The log is older than what this agent has signed')
    expect(team.agents[1].said()).toContain('No part is taken in batch')

    await team.restartEnforcer()
    await team.decide(48)
    expect(await team.check()).toMatchObject({ code: 0, rows: true, violations: [], late: 0 })
  })

  it('with two stopped answers with the fallback and an alarm, without a certificate, and goes on when they are back', async () => {
    team = await fedTeam({ deadlineMs: 4000 })
    await team.decide(64)
    for (const agent of [0, 1]) team.agents[agent].process.kill('SIGSTOP')
    await team.decide(40)
    expect(team.enforcer.said()).toMatch(/^Batch \d+ has no certificate after 4000 ms: its events get the fallback\.$/m)
    expect(
      team.files
        .decisions()
        .slice(64)
        .map((line) => JSON.parse(line).late),
    ).toEqual(Array.from({ length: 40 }, () => true))
    for (const agent of [0, 1]) team.agents[agent].process.kill('SIGCONT')
    while (!team.enforcer.said().includes('The team answers again')) await team.decide(16)
    const found = await team.check()
    expect(found).toMatchObject({ code: 0, rows: true, violations: [] })
    expect(found.late).toBeGreaterThanOrEqual(40)
  })

  it('does nothing more where two lie together: evidence names both, also for an enforcer that begins again', async () => {
    const faultsWith = (conspirator: number): Faults => ({
      behaviours: ['equivocal-leader', 'collusion'],
      conspirators: [conspirator],
    })
    // Two liars of four can also bring the team to a stop before both are found out: teams are tried until one breaks.
    const broken = async () => {
      team = await fedTeam({ faulty: { 0: faultsWith(1), 1: faultsWith(0) } })
      team.feed(1600)
      return await Promise.race([team.enforcer.ended, wait(20_000, null)])
    }
    let code = await broken()
    for (let more = 5; code === null && more > 0; more--) {
      await team.end()
      code = await broken()
    }
    expect(code).toBe(1)
    expect(team.enforcer.said()).toContain('error TEAM_BROKEN: Agents 0, 1 of epoch 0 have contradicted themselves')
    const blamed = team.files.evidence().map((line) => JSON.parse(line).agent)
    expect([...new Set(blamed)].sort()).toEqual([0, 1])
    const again = team.files.enforcer('')
    again.process.stdin?.end()
    expect([await again.ended, again.said()]).toEqual([1, expect.stringContaining('error TEAM_BROKEN')])
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
    const faulty = { 0: { loss: 0.03, delayMs: 20 }, 1: { cut: [2] }, 3: liar }
    team = await fedTeam({ faulty })
    await team.decide(160)
    const found = await team.check([3])
    expect(found).toMatchObject({ code: 0, rows: true, violations: [], late: 0 })
    expect(found.unanimous).toBeGreaterThan(20)
    const blamed = new Set(team.files.evidence().map((line) => JSON.parse(line).agent))
    expect([...blamed]).toEqual(liar.behaviours?.includes('double-vote') ? [3] : [...blamed])
  })
})
