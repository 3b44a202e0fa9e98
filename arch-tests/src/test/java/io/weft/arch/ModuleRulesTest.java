// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.arch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.lang.module.ModuleDescriptor;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The rules about module descriptors. */
final class ModuleRulesTest {

  /** What a module may require of ours beyond the star, and why. */
  private static final Map<String, Set<String>> BEYOND_THE_STAR =
      Map.of(
          // The command starts nodes, and assembly is how a node is built; it also reads their
          // logs, and blocks that are damaged, and has the workloads done.
          House.LAUNCHER,
              Set.of(
                  House.ASSEMBLY, House.LOG_FILE, House.RECOVERY, House.STORE_FILE, House.WORKLOAD),
          // Undoes what a machine without power has lost, and has judged what nodes saw.
          House.WORKLOAD, Set.of(House.FAULTS, House.LINEARIZABILITY),
          // Files that are watched are a layer like those that fail.
          House.TCK, Set.of(House.FAULTS),
          // The simulator drives the very classes that run in production.
          House.SIM,
              Set.of(
                  House.CACHE_FUSION,
                  House.GRD,
                  House.HASH_RING,
                  House.RECOVERY,
                  House.FD_TIMEOUT));

  /** To whom packages may be opened, and what for. */
  private static final Map<String, Set<String>> MAY_OPEN_TO =
      Map.of(
          House.LAUNCHER, Set.of("info.picocli"),
          House.ASSEMBLY, Set.of("com.google.guice"),
          House.TCK, Set.of("org.junit.platform.commons"));

  private static final Set<String> A_PLUGIN_MAY_OPEN_TO =
      Set.of("com.google.guice", House.ASSEMBLY);

  /** Who by role may see a package of a plugin, because they drive plugins without Guice. */
  private static final Set<String> A_PLUGIN_MAY_EXPORT_TO =
      Set.of(House.SIM, House.BENCH, House.LAUNCHER, House.WORKLOAD, House.TCK);

  private static final Pattern MODULE_NAME =
      Pattern.compile("^(?:open )?module ([a-z0-9.]+) \\{", Pattern.MULTILINE);

  @Test
  void seesEveryModuleOfTheRepository() {
    Set<String> declared = new TreeSet<>(declaredModules().values());
    assertTrue(declared.size() >= 15, () -> "only these modules have sources: " + declared);
    assertEquals(
        declared,
        House.MODULES.keySet(),
        "Modules with sources (expected) and on the class path of arch-tests (actual) differ."
            + " To fix: add the missing module to arch-tests/pom.xml.");
  }

  @Test
  void moduleIsNamedAfterItsFolder() {
    List<String> violations =
        declaredModules().entrySet().stream()
            .filter(module -> !nameFor(module.getKey()).equals(flat(module.getValue())))
            .map(module -> module.getKey() + " declares " + module.getValue())
            .toList();
    report(
        violations,
        "folder = artifact = module = package",
        "Name it after its folder: impl-x is io.weft.x, plugins/a-b is io.weft.plugin.a.b (a part"
            + " that is a Java keyword is joined to the one before it).");
  }

  @Test
  void packagesLieBelowTheNameOfTheirModule() {
    report(
        check(
            module ->
                module.packages().stream()
                    .filter(name -> !(name + ".").startsWith(module.name() + "."))
                    .map(name -> module.name() + " contains " + name)),
        "a module contains packages below its own name only",
        "Move the classes below the package that is named like the module.");
  }

  @Test
  void dependenciesFormAStar() {
    report(
        check(
            module ->
                required(module)
                    .filter(name -> !mayRequire(module.name(), name))
                    .map(name -> module.name() + " requires " + name)),
        "no plugin requires another one: they meet in spi",
        "Let spi describe what is needed, and bind it in the plugin that has it.");
  }

  @Test
  void apiAndSpiRequireNobodyElse() {
    assertEquals(
        Set.of("java.base"),
        requiredNames(House.API),
        "api requires java.base only. To fix: keep the type behind an interface of api.");
    assertEquals(
        Set.of("java.base", House.API),
        requiredNames(House.SPI),
        "spi requires api only. To fix: describe what plugins need as an interface of ours.");
  }

  @Test
  void pluginsExportNothing() {
    report(
        check(
            module ->
                House.isPlugin(module.name())
                    ? module.exports().stream()
                        .filter(
                            export ->
                                !export.isQualified()
                                    || !A_PLUGIN_MAY_EXPORT_TO.containsAll(export.targets()))
                        .map(export -> module.name() + " exports " + export)
                    : Stream.empty()),
        "a plugin exports nothing, except by name to the simulator, bench, launcher, workload"
            + " or contract tests",
        "Remove the export: other modules reach a plugin through the SPI that it fills.");
  }

  @Test
  void nobodyUsesOrProvidesServices() {
    report(
        check(
            module ->
                Stream.concat(
                        module.uses().stream(),
                        module.provides().stream().map(ModuleDescriptor.Provides::service))
                    .map(service -> module.name() + " uses or provides " + service)),
        "there is no ServiceLoader in the house",
        "Remove the clause, and name the plugin in the configuration.");
  }

  @Test
  void packagesAreOpenedByNameAndToTheKernelOnly() {
    report(
        check(
            module ->
                Stream.concat(
                    module.isOpen() ? Stream.of(module.name() + " is open") : Stream.empty(),
                    module.opens().stream()
                        .filter(opens -> !mayOpen(module.name(), opens))
                        .map(opens -> module.name() + " opens " + opens))),
        "packages are opened to the module that needs it, by name",
        "Write `opens PACKAGE to com.google.guice, io.weft.plugin.assembly;`.");
  }

  /** The compiler does not check these names, because the modules may be compiled later. */
  @Test
  void namesBehindToExist() {
    report(
        check(
            module ->
                Stream.concat(
                        module.exports().stream().flatMap(export -> export.targets().stream()),
                        module.opens().stream().flatMap(opens -> opens.targets().stream()))
                    .filter(target -> !House.ALL_MODULES.containsKey(target))
                    .filter(target -> !target.equals(House.BENCH))
                    .map(target -> module.name() + " names " + target)),
        "modules named behind `to` exist",
        "Correct the name.");
  }

  private static void report(List<String> violations, String rule, String remedy) {
    Verdict.on(rule, remedy, violations);
  }

  private static boolean mayRequire(String module, String name) {
    return name.equals(House.API)
        || name.equals(House.SPI)
        || BEYOND_THE_STAR.getOrDefault(module, Set.of()).contains(name);
  }

  private static boolean mayOpen(String module, ModuleDescriptor.Opens opens) {
    Set<String> targets =
        House.isPlugin(module) ? A_PLUGIN_MAY_OPEN_TO : MAY_OPEN_TO.getOrDefault(module, Set.of());
    return opens.isQualified() && targets.containsAll(opens.targets());
  }

  private static Stream<String> required(ModuleDescriptor module) {
    return module.requires().stream()
        .map(ModuleDescriptor.Requires::name)
        .filter(name -> name.startsWith("io.weft."));
  }

  private static Set<String> requiredNames(String module) {
    return House.MODULES.get(module).requires().stream()
        .map(ModuleDescriptor.Requires::name)
        .collect(Collectors.toSet());
  }

  private static List<String> check(Function<ModuleDescriptor, Stream<String>> violations) {
    return House.MODULES.values().stream().flatMap(violations).sorted().toList();
  }

  /** Folder to module name, for every folder with a descriptor among its main sources. */
  private static Map<Path, String> declaredModules() {
    Path descriptor = Path.of("src", "main", "java", "module-info.java");
    return House.files().stream()
        .filter(file -> file.endsWith(descriptor))
        .collect(
            Collectors.toMap(
                file -> file.getParent().getParent().getParent().getParent(),
                ModuleRulesTest::moduleName));
  }

  private static String moduleName(Path descriptor) {
    return MODULE_NAME
        .matcher(RepositoryFiles.text(descriptor))
        .results()
        .map(match -> match.group(1))
        .findFirst()
        .orElseThrow(() -> new AssertionError(descriptor + " declares no module"));
  }

  /** The name that a folder asks for, without dots. */
  private static String nameFor(Path folder) {
    String name = folder.toString().replace(File.separatorChar, '/');
    return flat("ioweft" + name.replaceFirst("^impl-", "").replaceFirst("^plugins/", "plugin"));
  }

  private static String flat(String name) {
    return name.replaceAll("[.-]", "");
  }
}
