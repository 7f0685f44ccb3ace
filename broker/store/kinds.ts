/** Records that are not the registry's, by what their keys begin with: `sessions/...`. */
export const MQTT_KINDS = ['sessions', 'messages', 'retained'] as const
