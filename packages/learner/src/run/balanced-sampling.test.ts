import { createTeam } from '@vigil/actors'
import { resolveLabConfig } from '@vigil/config'
import { expect, it } from 'vitest'
import { madeDataset } from '../../../doctor/src/dataset.fixture.ts'
import { teamSettingsOf } from '../settings.ts'

const SMALL = { rowsPerIteration: 128, minibatchSize: 128, shards: 1, actors: 1 }

it.each([
  [0, '70 benign events and 0 threats'],
  [1, '0 benign events and 70 threats'],
])('refuses balanced sampling of rows that are all of class %i', async (label, found) => {
  const labels = new Uint8Array(100).fill(label)
  const dataset = madeDataset({ labels, dense: [new Float32Array(100)], categorical: [] })
  await expect(
    createTeam(teamSettingsOf(resolveLabConfig({ ...SMALL, sampling: 'balanced' }, 'test')), dataset),
  ).rejects.toMatchObject({
    code: 'SAMPLING',
    message: expect.stringContaining(`the 70 rows to train on are ${found}`),
  })
})

it('weights what it draws too often: the mean reward of any policy stays what rows drawn naturally give', async () => {
  const labels = Uint8Array.from({ length: 100 }, (_, row) => (row % 10 === 3 ? 1 : 0))
  const dataset = madeDataset({ labels, dense: [new Float32Array(100)], categorical: [] })
  const settings = teamSettingsOf(resolveLabConfig({ ...SMALL, sampling: 'importance' }, 'test'))
  const { pool, environment } = await createTeam(settings, dataset)
  await pool.close()
  const [benign, threat] = environment.rewardWeights!
  const { rows } = dataset.splits.train
  const threats = rows.filter((row) => labels[row] === 1).length
  expect(threats).toBeGreaterThan(0)
  for (const [onBenign, onThreat] of [
    [1, -10],
    [-9.5, 8.5],
  ]) {
    const natural = (onBenign * (rows.length - threats) + onThreat * threats) / rows.length
    expect((benign * onBenign + threat * onThreat) / 2).toBeCloseTo(natural, 12)
  }
})
