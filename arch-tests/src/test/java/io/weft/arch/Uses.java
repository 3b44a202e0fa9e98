// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.arch;

import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Finds where a class touches types or members whose full name matches a pattern. */
final class Uses {

  private Uses() {}

  /** One line for each dependency of {@code type} on a type whose name matches as a whole. */
  static Stream<String> ofTypes(JavaClass type, Pattern names) {
    Predicate<String> matches = names.asMatchPredicate();
    return type.getDirectDependenciesFromSelf().stream()
        .filter(use -> matches.test(use.getTargetClass().getBaseComponentType().getName()))
        .map(use -> use.getDescription());
  }

  /**
   * One line for each access (call, method reference, field) to a member whose name, as in {@code
   * java.lang.Thread.<init>}, matches as a whole.
   */
  static Stream<String> ofMembers(JavaClass type, Pattern names) {
    Predicate<String> matches = names.asMatchPredicate();
    return type.getAccessesFromSelf().stream()
        .filter(access -> matches.test(memberName(access)))
        .map(JavaAccess::getDescription);
  }

  /**
   * One line for each call or method reference whose target, with its parameters as in {@code
   * java.lang.String.toLowerCase()}, matches as a whole.
   */
  static Stream<String> ofCalls(JavaClass type, Pattern targets) {
    Predicate<String> matches = targets.asMatchPredicate();
    return type.getAccessesFromSelf().stream()
        .filter(access -> matches.test(access.getTarget().getFullName()))
        .map(JavaAccess::getDescription);
  }

  private static String memberName(JavaAccess<?> access) {
    return access.getTargetOwner().getName() + "." + access.getTarget().getName();
  }
}
