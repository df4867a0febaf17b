// What the installer leaves out.
//
// `@scalar/api-reference` ships one finished browser file (dist/browser/standalone.js), and that file is all that
// /docs serves. Its npm dependencies are what the file was built from: about 200 MB that nothing here would load.
module.exports = {
  hooks: {
    readPackage(pkg) {
      if (pkg.name === '@scalar/api-reference') pkg.dependencies = {};
      return pkg;
    },
  },
};
