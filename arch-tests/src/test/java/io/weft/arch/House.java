// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.arch;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.File;
import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What the rules look at: the compiled classes and the module descriptors on the class path of this
 * module, and the files of the repository.
 */
final class House {

  static final String API = "io.weft.api";
  static final String SPI = "io.weft.spi";
  static final String ASSEMBLY = "io.weft.plugin.assembly";
  static final String LAUNCHER = "io.weft.plugin.launcher";
  static final String LINEARIZABILITY = "io.weft.plugin.linearizability";
  static final String WORKLOAD = "io.weft.plugin.workload";
  static final String SIM = "io.weft.plugin.sim";
  static final String TCK = "io.weft.plugin.tck";
  static final String FAULTS = "io.weft.plugin.faults";

  /** Not on the class path of this module: it depends on all others, as this one does. */
  static final String BENCH = "io.weft.bench";

  static final String CACHE_FUSION = "io.weft.cachefusion";
  static final String GRD = "io.weft.grd";
  static final String TCP = "io.weft.tcp";
  static final String SHM = "io.weft.shm";
  static final String HASH_RING = "io.weft.plugin.hash.ring";
  static final String RECOVERY = "io.weft.recovery";
  static final String LOG_FILE = "io.weft.plugin.log.file";
  static final String FD_TIMEOUT = "io.weft.plugin.fd.timeout";
  static final String REGISTRY_FILE = "io.weft.plugin.registry.file";
  static final String STORE_FILE = "io.weft.plugin.store.file";
  static final String RUNTIME_JVM = "io.weft.plugin.runtime.jvm";

  /** Modules that the configuration does not choose: they have a role of their own. */
  static final Set<String> FIXED =
      Set.of(API, SPI, ASSEMBLY, LAUNCHER, LINEARIZABILITY, WORKLOAD, SIM, TCK);

  /** Every module on the class path by name, libraries included. */
  static final Map<String, ModuleDescriptor> ALL_MODULES = allModules();

  /** Our modules by name. */
  static final Map<String, ModuleDescriptor> MODULES =
      ALL_MODULES.entrySet().stream()
          .filter(entry -> entry.getKey().startsWith("io.weft."))
          .collect(
              Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue, House::one, TreeMap::new));

  /** Our compiled production classes. */
  static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(location -> !location.contains("/test-classes/"))
          .importPackages("io.weft")
          .that(
              DescribedPredicate.describe(
                  "are no package-info", type -> !type.getSimpleName().equals("package-info")));

  /** The folder of the root pom. */
  static final Path ROOT = root();

  private House() {}

  /** The name of the module that a class belongs to. */
  static String moduleOf(JavaClass type) {
    String name = type.getPackageName();
    return MODULES.keySet().stream()
        .filter(module -> name.equals(module) || name.startsWith(module + "."))
        .max(Comparator.comparingInt(String::length))
        .orElse(name);
  }

  /** True for modules that the configuration chooses: impl-* and most of plugins/*. */
  static boolean isPlugin(String module) {
    return !FIXED.contains(module);
  }

  /** The text files that make up the repository, relative to its root, in a stable order. */
  static List<Path> files() {
    List<Path> files = new ArrayList<>();
    try {
      Files.walkFileTree(
          ROOT,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
              return isForeign(folder) ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
              if (attributes.isRegularFile() && !isLeftover(file)) {
                files.add(ROOT.relativize(file));
              }
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      throw new IllegalStateException("cannot walk " + ROOT, e);
    }
    files.sort(Comparator.naturalOrder());
    return files;
  }

  /** Build output, and what tools keep in hidden folders, is not part of the repository. */
  private static boolean isForeign(Path folder) {
    String name = folder.getFileName().toString();
    boolean hidden = name.startsWith(".") && !name.equals(".ci") && !name.equals(".mvn");
    return !folder.equals(ROOT) && (hidden || name.equals("target") || name.equals("weft-data"));
  }

  /** Logs; and the file that stands for the .git folder in a linked work tree. */
  private static boolean isLeftover(Path file) {
    return file.toString().endsWith(".log") || file.endsWith(".git");
  }

  private static Map<String, ModuleDescriptor> allModules() {
    Path[] entries =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .map(Path::of)
            .filter(entry -> !entry.endsWith("test-classes"))
            .toArray(Path[]::new);
    Map<String, ModuleDescriptor> modules = new HashMap<>();
    for (Path entry : entries) {
      ModuleFinder.of(entry).findAll().stream()
          .map(ModuleReference::descriptor)
          .forEach(descriptor -> modules.put(descriptor.name(), descriptor));
    }
    return modules;
  }

  private static Path root() {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.exists(folder.resolve("arch-tests"))) {
      folder = folder.getParent();
      if (folder == null) {
        throw new IllegalStateException("run the tests inside the repository");
      }
    }
    return folder;
  }

  private static <T> T one(T left, T right) {
    throw new IllegalStateException(left + " and " + right + " have the same name");
  }
}
