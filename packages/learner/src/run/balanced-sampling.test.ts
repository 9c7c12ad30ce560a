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
