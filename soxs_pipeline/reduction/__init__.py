"""Operations on domain objects."""
