/**
 * AWS's reserved topics: what starts with `$`, and what a client may do there. Anything else with a `$` topic is refused: AWS
 * may end the connection for it.
 * AWS: https://docs.aws.amazon.com/iot/latest/developerguide/reserved-topics.html
 */

/** Whether a client may publish there. @param topic a right one that starts with `$` */
export function mayPublishTo(topic: string): boolean {
  const levels = topic.split('/')
  return published.some(pattern => meets(pattern, levels))
}

/**
 * Whether a client may subscribe to it: where at least one topic that it takes is for subscribers.
 * @param filter a right one that starts with `$`, without `$share/...`
 */
export function maySubscribeTo(filter: string): boolean {
  const levels = filter.split('/')
  return subscribed.some(pattern => meets(pattern, levels))
}

/**
 * Whether a filter and a pattern have a topic in common. In a pattern a name in braces stands for one level, a star at
 * the end of a level for any letters, `...` at the end for any levels, or none.
 */
function meets(pattern: readonly string[], filter: readonly string[]): boolean {
  for (let at = 0; ; at++) {
    const wanted = pattern[at]
    const given = filter[at]
    if (wanted === '...' || given === '#') return true
    if (wanted === undefined || given === undefined) return wanted === given
    if (given !== '+' && !stands(wanted, given)) return false
  }
}

function stands(wanted: string, given: string): boolean {
  if (wanted.startsWith('{')) return true
  return wanted.endsWith('*') ? given.startsWith(wanted.slice(0, -1)) : wanted === given
}

/** The shadow of a thing, and its named ones. */
const SHADOWS = ['$aws/things/{thing}/shadow', '$aws/things/{thing}/shadow/name/{name}']
const CERTIFICATES = [
  '$aws/certificates/create/{format}',
  '$aws/certificates/create-from-csr/{format}',
  '$aws/provisioning-templates/{template}/provision/{format}',
]
/** With a namespace where a service like Greengrass has its own jobs. */
const JOBS = [
  '$aws/things/{thing}/jobs/get',
  '$aws/things/{thing}/jobs/start-next',
  '$aws/things/{thing}/jobs/{job}/get',
  '$aws/things/{thing}/jobs/{job}/update',
  '$aws/things/{thing}/jobs/{job}/{namespace}/get',
  '$aws/things/{thing}/jobs/{job}/{namespace}/update',
]
const ASKED = [
  ...CERTIFICATES,
  ...JOBS,
  '$aws/things/{thing}/defender/metrics/{format}',
  '$aws/device_location/{thing}/get_position_estimate',
]
const SHADOW_REQUESTS = SHADOWS.flatMap(shadow =>
  ['get', 'update', 'delete'].map(verb => `${shadow}/${verb}`),
)
/** AWS: IoT FleetWise's developer guide has topics of vehicles; the page of reserved topics doesn't list them. */
const FLEETWISE = '$aws/iotfleetwise/...'

const published = split([
  ...SHADOW_REQUESTS,
  ...ASKED,
  '$aws/rules/{rule}/...',
  '$aws/things/{thing}/streams/{stream}/get/{format}',
  '$aws/things/{thing}/streams/{stream}/describe/{format}',
  '$aws/commands/{kind}/{id}/executions/{execution}/response/{format}',
  // AWS: the policies of Greengrass's developer guide; the page of reserved topics doesn't list them.
  '$aws/things/{thing}/greengrass/health/json',
  '$aws/things/{thing}/greengrassv2/health/json',
  FLEETWISE,
])

const subscribed = split([
  ...SHADOW_REQUESTS,
  ...[...SHADOW_REQUESTS, ...ASKED].flatMap(topic => [`${topic}/accepted`, `${topic}/rejected`]),
  ...SHADOWS.flatMap(shadow => [`${shadow}/update/delta`, `${shadow}/update/documents`]),
  // `notify-next`, and those of a namespace.
  '$aws/things/{thing}/jobs/notify*',
  '$aws/events/...',
  ...['data', 'description', 'rejected'].map(
    what => `$aws/things/{thing}/streams/{stream}/${what}/{format}`,
  ),
  '$aws/things/{thing}/tunnels/notify',
  '$aws/commands/{kind}/{id}/executions/{execution}/request/...',
  '$aws/commands/{kind}/{id}/executions/{execution}/response/accepted/...',
  '$aws/commands/{kind}/{id}/executions/{execution}/response/rejected/...',
  '$aws/sitewise/asset-models/{model}/assets/{asset}/properties/{property}',
  FLEETWISE,
])

function split(topics: string[]): string[][] {
  return topics.map(topic => topic.split('/'))
}
