// The theme that was chosen in this browser, set before the page is drawn. studio/parts/theme.js changes it.
try {
  const theme = localStorage.getItem("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // a browser that keeps nothing for pages has the system's theme
}
