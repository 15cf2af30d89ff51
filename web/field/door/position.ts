/** Where the phone is: WGS-84 degrees, metres, and how old the fix was when the act was made. */
export type Fix = { latitude: number; longitude: number; accuracy_metres: number; fix_age_seconds: number };

const LONGEST_MS = 8_000;

/** Ask the phone where it is; null where it does not know or may not say: the work goes on, the proof is weaker. */
export async function whereAmI(): Promise<Fix | null> {
  if (!("geolocation" in navigator)) return null;
  return await new Promise((resolve) => {
    const located = ({ coords, timestamp }: GeolocationPosition) =>
      resolve({
        latitude: coords.latitude,
        longitude: coords.longitude,
        accuracy_metres: Math.min(coords.accuracy, 100_000),
        fix_age_seconds: Math.min(Math.max(0, (Date.now() - timestamp) / 1000), 1_000_000),
      });
    const options = { enableHighAccuracy: true, timeout: LONGEST_MS, maximumAge: 30_000 };
    navigator.geolocation.getCurrentPosition(located, () => resolve(null), options);
  });
}
