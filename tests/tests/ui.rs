//! What compiles, and what the compiler says of what does not.

#[test]
fn mistakes_are_compile_errors_in_the_words_of_the_mistake() {
    let cases = trybuild::TestCases::new();
    cases.pass("ui/pass/*.rs");
    cases.compile_fail("ui/*.rs");
}
