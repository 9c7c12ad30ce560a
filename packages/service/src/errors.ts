import { type ErrorTable, errorsOf } from '@vigil/errors'

/** What can keep a team from deciding on live events. */
export const SERVICE_ERRORS = {
  BUNDLE_UNSIGNED: ['data', 'a bundle without a signature, where only signed ones are taken'],
  BUNDLE_FOREIGN: ['data', 'a bundle that was changed after it was signed, or that no trusted key has signed'],
  BUNDLE_OLD: ['data', 'a signed bundle from before the one that was at work last'],
  UNDECIDABLE: ['data', 'a bundle of a team that cannot decide on live events'],
  EVENT_MALFORMED: ['data', 'a line of the input that is no JSON object, or too long'],
  ROWS_INVALID: ['usage', 'the rows that a decider shall take at once are not 1 to 4096'],
  SHADOW_FAILED: ['data', 'a team beside the one at work that cannot decide'],
  TEAM_DIFFERS: ['data', 'a bundle of a team that cannot take the place of the one at work'],
  RECEIPT_INVALID: ['data', 'a log or recording from which a decision cannot be made again'],
  RULES_MISSING: ['data', 'a shield for a team without a specification that can be watched live'],
  LOGITS: ['data', 'weights that give no number for an event'],
  PUBLIC_ADDRESS: ['usage', 'a service that others could reach asks for neither a token nor certificates of clients'],
  ADDRESS_TAKEN: ['failure', 'the service cannot listen at its address'],
  SECRET_INVALID: ['data', 'a file with a token, a key or a certificate that cannot be used'],
  CHECK_FAILED: ['data', 'stored events on which the team does not decide as it did when they were stored'],
  STATE_INVALID: ['data', 'a file of what a service knew that is of another bundle, or was changed'],
  SAMPLE_INVALID: ['data', 'the sampled training events of a bundle are not there, or were changed'],
  SUBJECT_MISSING: ['data', 'no stream of the NATS server keeps the subject of the events, or of the decisions'],
  DURABLE_INVALID: ['data', 'a durable consumer that hands out other events, keeps no account of them, or is gone'],
  JETSTREAM_REFUSED: ['failure', 'the NATS server has no JetStream, or does not store a decision'],
  SOURCE_DIFFERS: ['data', 'the events of a team of processes shall come from elsewhere than those before'],
  SOURCE_UNREADABLE: ['data', 'a file of events that shall be followed cannot be read'],
  FEEDBACK_FILE: ['data', 'the file of verdicts cannot be read or written'],
  VERDICTS_WAIT: ['data', 'more verdicts come without an event between them than a team of processes holds'],
  LOG_INVALID: ['data', 'the log of an agent or of the enforcer was changed, or is of another team'],
  LOG_UNWRITABLE: ['failure', 'the log of an agent or of the enforcer cannot be extended, or its folder not be locked'],
  LOG_TAKEN: ['failure', 'another process has the folder of the log'],
  EPOCH_OLD: ['data', 'manifests that end with an epoch before the one in which something was done already'],
  SUCCESSOR_LATE: [
    'data',
    'an agent that may not sign a successor: it has voted behind its beginning, or signed another',
  ],
  SUCCESSOR_UNREADY: ['data', 'a successor of which too few agents have shown that they hold their keys'],
  TEAM_BROKEN: ['failure', 'a team of several processes of which more agents have lied than it bears'],
  NOT_CERTIFIED: ['failure', 'a team of several processes has not agreed on all that it was given'],
  TEAM_INVALID: ['data', 'a team whose manifest, keys and bundle do not belong together'],
} as const satisfies ErrorTable

/** Why a request to the service is refused. Each is an answer with a status, and none ends the service. */
export const REQUEST_ERRORS = {
  UNAUTHORISED: ['usage', 'a request without the token of the service'],
  HOST_UNKNOWN: [
    'usage',
    'a request to a service on loopback by another name: a page in a browser may have been led here',
  ],
  ORIGIN_FOREIGN: ['usage', 'a request to a service on loopback by a page of another origin in a browser'],
  NOT_FOUND: ['usage', 'a path or method that the service does not have'],
  REQUEST_MALFORMED: ['data', 'a request that is no HTTP'],
  BODY_TYPE: ['data', 'a request whose body is of a type that is not read'],
  BODY_SIZE: ['data', 'a request with a body, or events, above the limit'],
  BODY_DEPTH: ['data', 'JSON nested too deep'],
  REQUEST_SLOW: ['failure', 'a request of which nothing whole has come for too long'],
  RATE: ['failure', 'more requests of one client than the service takes in a second'],
  OVERLOADED: ['failure', 'more events wait, or more streams are open, than the service takes'],
  READER_SLOW: ['failure', 'a page that does not take what it is told of decisions: its connection ends'],
  QUERY_INVALID: ['data', 'a query that does not name what it is about'],
  STOPPING: ['failure', 'a request to a service that is ending'],
  ID_CONFLICT: ['data', 'an event with the id of another one'],
  VERDICT_INVALID: ['data', 'a verdict that names no stream or event, or does not tell whether it is hostile'],
  DEFECT: ['failure', 'a defect of Vigil; the log of the service tells more'],
} as const satisfies ErrorTable

/** An error of this package. */
export const serviceError = errorsOf(SERVICE_ERRORS)

/** A request that is refused. */
export const requestError = errorsOf(REQUEST_ERRORS)
