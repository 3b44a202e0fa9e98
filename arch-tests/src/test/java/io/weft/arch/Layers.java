// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.arch;

import com.tngtech.archunit.core.domain.JavaClass;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The packages of one module as layers: a class uses its own layer and those below it. So no layer
 * is in a cycle with another one.
 *
 * @param module the module, and the package on top
 * @param below the subpackages, lowest first
 */
record Layers(String module, List<String> below) {
  Layers {
    below = List.copyOf(below);
  }

  /** The classes of the layers. */
  List<JavaClass> classes(Collection<JavaClass> all) {
    return all.stream()
        .filter(type -> (type.getPackageName() + ".").startsWith(module + "."))
        .toList();
  }

  /** Packages of the module that are no layer, and layers that are no package. */
  Set<String> unknown(Collection<JavaClass> all) {
    Set<String> packages =
        classes(all).stream()
            .map(JavaClass::getPackageName)
            .collect(Collectors.toCollection(TreeSet::new));
    Set<String> layers = new TreeSet<>();
    layers.add(module);
    below.forEach(layer -> layers.add(module + "." + layer));
    Set<String> different = new TreeSet<>(packages);
    different.removeAll(layers);
    layers.removeAll(packages);
    different.addAll(layers);
    return different;
  }

  /** Uses of a higher layer, one line each. */
  List<String> violations(Collection<JavaClass> all) {
    return classes(all).stream()
        .flatMap(
            type ->
                type.getDirectDependenciesFromSelf().stream()
                    .filter(use -> height(use.getTargetClass()) > height(type))
                    .map(use -> use.getDescription()))
        .distinct()
        .sorted()
        .toList();
  }

  /** How high a class lies; -1 outside of the module. */
  private int height(JavaClass type) {
    String name = type.getBaseComponentType().getPackageName();
    if (name.equals(module)) {
      return below.size();
    }
    return name.startsWith(module + ".") ? below.indexOf(name.substring(module.length() + 1)) : -1;
  }

  /** Classes of one layer that use each other in a circle. */
  Set<String> cycles(Collection<JavaClass> all, String layer) {
    return cyclesWithin(all, module + "." + layer);
  }

  /** Classes of one package that use each other in a circle, by way of others of it or at once. */
  static Set<String> cyclesWithin(Collection<JavaClass> all, String packageName) {
    Map<String, Set<String>> uses = new TreeMap<>();
    for (JavaClass type : all) {
      if (type.getPackageName().equals(packageName)) {
        usesOf(type, packageName)
            .forEach(
                target -> uses.computeIfAbsent(outermost(type), _ -> new HashSet<>()).add(target));
      }
    }
    return uses.keySet().stream()
        .filter(name -> reach(name, uses).contains(name))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** The classes of the same package that a class uses, other than its own outermost one. */
  private static Stream<String> usesOf(JavaClass type, String within) {
    return type.getDirectDependenciesFromSelf().stream()
        .map(use -> use.getTargetClass().getBaseComponentType())
        .filter(target -> target.getPackageName().equals(within))
        .map(Layers::outermost)
        .filter(name -> !name.equals(outermost(type)));
  }

  /** A nested class is a part of the class around it. */
  private static String outermost(JavaClass type) {
    String name = type.getName();
    int dollar = name.indexOf('$');
    return dollar < 0 ? name : name.substring(0, dollar);
  }

  private static Set<String> reach(String from, Map<String, Set<String>> uses) {
    Set<String> reached = new HashSet<>();
    List<String> next = List.copyOf(uses.getOrDefault(from, Set.of()));
    while (!next.isEmpty()) {
      next =
          next.stream()
              .filter(reached::add)
              .flatMap(name -> uses.getOrDefault(name, Set.of()).stream())
              .toList();
    }
    return reached;
  }
}
