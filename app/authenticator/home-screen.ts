/**
 * Whether this is an iPhone's or iPad's browser and not the app on its Home Screen: there push exists only in the
 * app, whose storage is not the browser's, so a key made here would be of no use there.
 */
export function mustBeInstalledFirst(): boolean {
  const { userAgent, platform, maxTouchPoints } = navigator;
  const isIos =
    /iPhone|iPad|iPod/.test(userAgent) || (platform === "MacIntel" && maxTouchPoints > 1);
  return isIos && !isStandalone();
}

function isStandalone(): boolean {
  const isInSafarisApp = "standalone" in navigator && navigator.standalone === true;
  return isInSafarisApp || window.matchMedia("(display-mode: standalone)").matches;
}
