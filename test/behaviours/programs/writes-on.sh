# Writes a line a hundred times a second, whether the disk takes it or not.
number=0
while :; do
  echo "line $number" 2>/dev/null
  number=$((number + 1))
  sleep 0.01
done
