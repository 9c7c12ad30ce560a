import { hash } from 'node:crypto'
import { expect, it } from 'vitest'
import { certifiedRun } from './certify-decisions.ts'

it('names weights, data, split and settings, each of them', () => {
  const [datasetFingerprint, configFingerprint] = ['ab'.repeat(32), 'cd'.repeat(32)]
  const certified = { parameters: Float32Array.of(1, 2), split: 'test', datasetFingerprint, configFingerprint } as const
  const weights = hash('sha256', Buffer.from('0000803f00000040', 'hex'))
  const text = `weights ${weights}\ndataset ${datasetFingerprint}\nsplit test\nconfig ${configFingerprint}\n`
  expect(certifiedRun(certified)).toBe(hash('sha256', text))
  const others = [
    { parameters: Float32Array.of(1, 3) },
    { split: 'validation' },
    { datasetFingerprint: configFingerprint },
    { configFingerprint: datasetFingerprint },
  ] as const
  const names = others.map((other) => certifiedRun({ ...certified, ...other }))
  expect(new Set([certifiedRun(certified), ...names]).size).toBe(5)
})
