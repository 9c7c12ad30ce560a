import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { startPeer } from './peer.ts'

const PROGRAM = fileURLToPath(new URL('./portable-peer.ts', import.meta.url))

it('trains as a peer without the revectoriser, iteration by iteration', async () => {
  const peer = await startPeer(`"${process.execPath}" "${PROGRAM}"`, {
    ...{ agents: 4, dense: 75, policyHidden: [128, 128], valueHidden: null, lstmHidden: [], rolloutSteps: 16 },
    ...{ rows: 8192, minibatch: 2048, epochs: 4, threads: 1 },
  })
  expect(peer).toMatchObject({ name: 'portable', modes: ['SIMD of 128 bits (VIGIL_REVECTORISE=off)'] })
  for (let round = 0; round < 2; round++) {
    const { units, ms } = await peer.round(peer.modes[0])
    expect(units / ms).toBeGreaterThan(0)
  }
  peer.close()
}, 240_000)
