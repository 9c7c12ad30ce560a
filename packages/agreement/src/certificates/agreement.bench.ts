/** `node packages/agreement/src/certificates/agreement.bench.ts`: seconds for 75,000 decisions, from votes to a file that was verified. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fillUniforms, randomStream } from '@vigil/random'
import { generateTeamKeys } from '../protocol/keys.ts'
import type { Terms } from '../protocol/terms.ts'
import { agree } from './agree.ts'
import { verifyCertificate } from './certificate.ts'
import { decodeCertificates, encodeCertificates } from './certificate-file.ts'
import { decodePublicTeam, encodePublicTeam } from './public-team.ts'

const ROWS = 75_000
const AGENTS = 4
const run = 'ab'.repeat(32)
const terms: Terms = {
  run,
  epoch: 0,
  agentCount: AGENTS,
  faults: 1,
  decision: { rule: 'quorum' },
  rows: ROWS,
  batchRows: 1000,
}
const drawn = new Float64Array(4)
const votes = Array.from({ length: AGENTS }, (_, agent) => {
  const actions = new Uint8Array(ROWS)
  const scores = new Float32Array(ROWS)
  for (let row = 0; row < ROWS; row++) {
    fillUniforms(randomStream(1, 'action'), [row, agent, 0], drawn)
    actions[row] = Math.floor(drawn[0] * 4)
    scores[row] = drawn[1]
  }
  return { actions, scores }
})
const keys = generateTeamKeys(AGENTS)
const folder = mkdtempSync(join(tmpdir(), 'vigil-agreement-'))
const path = join(folder, 'certificates.bin')
const seconds = (from: number) => `${((performance.now() - from) / 1000).toFixed(2)} s`

const start = performance.now()
const certificates = agree({ terms, keys, votes })
console.log(`voted, signed and committed by ${AGENTS} agents: ${seconds(start)}`)
const writing = performance.now()
writeFileSync(path, encodeCertificates(certificates), { flush: true })
console.log(`written: ${seconds(writing)}, ${readFileSync(path).length} bytes`)
const verifying = performance.now()
const publicKeys = keys.map(({ publicKey }) => publicKey)
const team = decodePublicTeam(encodePublicTeam({ ...terms, publicKeys }))
const reasons = decodeCertificates(readFileSync(path), team).map((batch) => verifyCertificate(batch, team))
console.log(
  `read and verified: ${seconds(verifying)}, ${reasons.every((reason) => reason === null) ? 'all hold' : reasons}`,
)
console.log(`${ROWS} decisions in all: ${seconds(start)}`)
rmSync(folder, { recursive: true })
