/** A team of real processes that goes over into an epoch with other keys, which a quorum of the old agents has signed. */
import { mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { decodeCertificates, epochOf } from '@vigil/agreement'
import { afterEach, describe, expect, it } from 'vitest'
import { readEpochs } from './epoch-files.ts'
import { fedTeam } from './fed-team.fixture.ts'
import { type Running, start } from './processes.fixture.ts'

const VERIFY = new URL('../../../../tools/src/verify/verify.ts', import.meta.url).pathname
const AT = 8

let team: Awaited<ReturnType<typeof fedTeam>>
afterEach(async () => await team.end())

async function outcomeOf(command: Running): Promise<[number | string, string]> {
  return [await command.ended, command.said() + command.printed()]
}

describe('a team of four', () => {
  it('goes over into the next epoch in the middle of its work, and nothing of the old one counts any more', async () => {
    team = await fedTeam({})
    const { files } = team
    await team.decide(48)
    const port = await files.freePort()
    expect(await outcomeOf(files.rotate(AT, `--port=${port}`))).toEqual([
      0,
      'team/team.1.json: epoch 1, from batch 8 on. It counts when 3 of 4 agents have signed it with service:team-sign.\n',
    ])

    expect(await outcomeOf(files.sign(0))).toEqual([3, expect.stringContaining('3 agents more of epoch 1')])
    expect(await Promise.all([0, 1, 2].map(async (agent) => await outcomeOf(files.ready(agent))))).toEqual(
      [0, 1, 2].map((agent) => [0, expect.stringContaining(`agent ${agent} is ready for epoch 1, from batch 8 on.`)]),
    )

    // Two sign while they work, the third one by its folder. The fourth never signs.
    await team.kill(2)
    expect(await Promise.all([0, 1, 2].map(async (agent) => await outcomeOf(files.sign(agent))))).toEqual(
      [0, 1, 2].map((agent) => [
        0,
        expect.stringContaining(`team/team.1.agent-${agent}.json: agent ${agent} has signed epoch 1, from batch 8 on.`),
      ]),
    )
    team.begin(2)
    while (team.batches() <= AT + 4) await team.decide(16)
    for (const agent of [0, 1, 2, 3]) await team.counted(agent)

    // An agent that was away begins in the epoch that there is now.
    await team.kill(3)
    await team.decide(32)
    await team.restart(3)
    const found = await team.check()
    expect(found).toMatchObject({ code: 0, rows: true, violations: [], late: 0 })

    const epochs = await readEpochs(files.file('team/team.json'), () => undefined)
    const chain = decodeCertificates(
      readFileSync(files.file('out/certificates.bin')),
      (batch) => epochOf(epochs, batch).team,
    )
    expect(chain.map(({ settings }) => settings.domain.epoch)).toEqual(chain.map((_, batch) => (batch < AT ? 0 : 1)))

    const verify = () => start(files.folder, VERIFY, ['--certificates=out/certificates.bin', '--keys=team/team.json'])
    expect(await outcomeOf(verify())).toEqual([0, expect.stringContaining(`${chain.length} certificates in a chain`)])

    // Yesterday's folder of the team: without the later epoch.
    mkdirSync(files.file('later'))
    for (const name of readdirSync(files.file('team')).filter((file) => file.startsWith('team.1')))
      renameSync(files.file(`team/${name}`), files.file(`later/${name}`))
    for (const { process, ended } of team.agents) {
      process.kill('SIGKILL')
      await ended
    }
    expect(await outcomeOf(files.agent(2))).toEqual([
      3,
      expect.stringContaining('error EPOCH_OLD: log-2 is of epoch 1, but the manifests end with epoch 0.'),
    ])
    expect(await outcomeOf(files.enforcer('{}\n'))).toEqual([
      3,
      expect.stringContaining('error EPOCH_OLD: out/certificates.bin ends with a certificate of epoch 1'),
    ])
    expect(await outcomeOf(verify())).toEqual([1, expect.stringContaining(`batch ${AT}: WRONG_RUN`)])

    expect(await files.rotate(AT, `--port=${await files.freePort()}`).ended).toBe(0)
    await Promise.all([0, 1, 2].map(async (agent) => await files.ready(agent).ended))
    expect(await outcomeOf(files.sign(3))).toEqual([3, expect.stringContaining('error EPOCH_OLD: log-3 is of epoch 1')])
  })
})
