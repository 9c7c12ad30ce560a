/**
 * Four agents agree on ten decisions and leave a certificate. Somebody else checks it with the public keys alone.
 *
 *   node examples/check-certificate.ts
 *
 * `npx nx run learner:evaluate --run=runs/NAME --certify` certifies the decisions of a trained team, and
 * `npx nx run tools:verify --certificates=runs/NAME/certificates.bin` checks them. The protocol is in docs/agreement.md.
 */
import { createHash } from 'node:crypto'
import * as agreement from '@vigil/agreement'

const ROWS = 10
const ACTIONS = ['allow', 'block', 'quarantine', 'alert']

// The team: three agents block every third event, the fourth lies and allows everything. One liar of four is tolerated.
const keys = agreement.generateTeamKeys(4)
const honest = Uint8Array.from({ length: ROWS }, (_, row) => (row % 3 === 0 ? 1 : 0))
const votes = keys.map((_, agent) => {
  const actions = agent === 3 ? new Uint8Array(ROWS) : honest
  return { actions, scores: Float32Array.from(actions, (action) => (action === 1 ? 0.9 : 0.1)) }
})
const run = createHash('sha256').update('what these decisions are about').digest('hex')
const decision = { rule: 'quorum', fallbackAction: 3 } as const
const terms = { run, epoch: 0, agentCount: 4, faults: 1, decision, rows: ROWS, batchRows: ROWS }
const certificates = agreement.encodeCertificates(agreement.agree({ terms, keys, votes }))
const publicKeys = agreement.encodePublicTeam({ ...terms, publicKeys: keys.map(({ publicKey }) => publicKey) })

// Whoever checks has the two files, and knows the SHA-256 of the public keys from elsewhere.
const team = agreement.decodePublicTeam(publicKeys)
const [certificate] = agreement.decodeCertificates(certificates, team)
console.log(`certificate: ${agreement.verifyCertificate(certificate, team) ?? 'holds'}`)
console.log(`decisions: ${Array.from(certificate.actions, (action) => ACTIONS[action]).join(' ')}`)

// One decision can be shown without the others.
const proof = agreement.proveDecision(certificate, 3)
console.log(`row 3: ${agreement.verifyDecision(proof, team) ?? 'proven'}`)

// A decision that was changed afterwards is refused.
const forged = { ...certificate, actions: certificate.actions.map(() => 0) }
console.log(`forged: ${agreement.verifyCertificate(forged, team)}`)
