// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.arch;

import com.tngtech.archunit.core.domain.JavaClass;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * One wall of the house.
 *
 * @param text the rule, as a sentence
 * @param remedy what to do instead
 * @param atLeast how many classes the rule must concern, so that a rule over nothing fails
 * @param concerns which classes the rule is about
 * @param violations what is wrong with one of them, one line each
 */
record HouseRule(
    String text,
    String remedy,
    int atLeast,
    Predicate<JavaClass> concerns,
    Function<JavaClass, Stream<String>> violations) {

  /** The number of classes that the rule is about. */
  long concerned(Collection<JavaClass> classes) {
    return classes.stream().filter(concerns).count();
  }

  /** What is wrong with {@code classes}, one line each, without repetition. */
  List<String> violations(Collection<JavaClass> classes) {
    return classes.stream().filter(concerns).flatMap(violations).distinct().sorted().toList();
  }

  @Override
  public String toString() {
    return text;
  }
}
