/** The Python files of every target of this kind. */
export const pythonFiles = {
  locustfile: new URL('./locustfile.py', import.meta.url),
  pythonModules: [
    'rest_requests.py',
    'rest_route.py',
    'rest_flow.py',
    'rest_cognito.py',
    'rest_signing.py',
  ].map((name) => new URL(name, import.meta.url)),
};
